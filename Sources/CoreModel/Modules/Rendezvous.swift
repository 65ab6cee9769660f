package import CoreIO
internal import ELFCore

/// Where debuggers look for `r_debug`: where the program's DT_DEBUG points, if any of that can be had.
package enum Rendezvous {
  /// There, and these stretches of the program's dynamic section that were lost are made anew.
  case at(UInt64, [RebuiltSegment])
  /// DT_DEBUG itself is lost: wherever we put it. The closure gives the dynamic section that points there.
  case anywhere((UInt64) -> [RebuiltSegment])
  case none(LinkMapOutcome)

  package static func find(
    _ program: Module?, _ memory: CoreMemory, _ absence: ProgramAbsence
  ) throws(SalvageError) -> Rendezvous {
    guard let program else { return .none(.impossible(absence.words)) }
    guard let headers = program.headers else {
      let page = memory.absence(of: program.base..<program.base + 1)
      return .none(
        .impossible("the program's headers are \(page), and its file is \(program.verdict.remark)"))
    }
    guard let range = program.dynamicRange, range.length <= DynamicSection.largestSize else {
      return .none(.notNeeded)
    }
    let isStarted = headers.first(.interpreter) != nil
    let dynamic = try memory.dynamicSection(in: range)
    guard dynamic.isWhole else { return try lost(program, range, isStarted: isStarted, memory) }
    guard let debug = dynamic.section.first(.debug), isStarted || debug.value != 0 else {
      return try symbol(program)
    }
    return debug.value != 0
      ? .at(debug.value, [])
      : .none(.impossible("the dynamic linker had not come so far as to make one"))
  }

  /// What `r_debug` at an address has for the first node; nil where it would go past the end of memory.
  package static func firstNode(
    _ address: UInt64, _ memory: CoreMemory
  ) throws(SalvageError) -> MemoryWord? {
    try memory.words(at: address, count: DebugRendezvous.wordCount)?[DebugRendezvous.mapIndex]
  }

  /// A dynamic linker that was started by name has no DT_DEBUG: there debuggers look for its own symbol.
  private static func symbol(_ program: Module) throws(SalvageError) -> Rendezvous {
    guard let file = program.file else {
      return .none(
        .impossible("the dynamic linker was started by name, and its file is not verified"))
    }
    guard let value = try file.symbol("_r_debug") else { return .none(.notNeeded) }
    return .at(program.bias &+ value, [])
  }

  private static func lost(
    _ program: Module, _ range: Range<UInt64>, isStarted: Bool, _ memory: CoreMemory
  ) throws(SalvageError) -> Rendezvous {
    guard isStarted else { return try symbol(program) }
    guard let file = program.file, let segment = program.headers?.first(.dynamic) else {
      return .none(
        .impossible(
          "the program's dynamic section is \(memory.absence(of: range)), and its file is not verified"
        ))
    }
    var bytes = try file.bytes(at: segment.fileOffset, count: Int(range.length))
    let dynamic = DynamicSection(bytes.span, in: memory.format)
    guard bytes.count == Int(range.length), let debug = dynamic.first(.debug) else {
      return .none(
        .impossible(
          "the program's dynamic section is \(memory.absence(of: range)), and its file has no DT_DEBUG"
        ))
    }
    dynamic.relocate(&bytes, by: program.bias, file.headers.header.machine, memory.format)
    let place = range.lowerBound + UInt64(debug.valueOffset)
    let size = memory.format.wordSize
    if let value = try memory.word(at: place) {
      return .at(value, memory.missing(bytes, at: range.lowerBound, path: program.path))
    }
    guard memory.fates(of: place..<place + UInt64(size)).map(\.fate) == [.lost] else {
      return .none(
        .impossible("a part of DT_DEBUG is \(memory.absence(of: place..<place + UInt64(size)))"))
    }
    return .anywhere { [bytes] address in
      var bytes = bytes
      bytes.store(address, at: debug.valueOffset, size: size, memory.format.byteOrder)
      return memory.missing(bytes, at: range.lowerBound, path: program.path)
    }
  }
}

extension CoreMemory {
  /// Those of the bytes whose place in memory was in the dump and is lost.
  package func missing(_ bytes: [UInt8], at address: UInt64, path: [UInt8] = []) -> [RebuiltSegment]
  {
    let (end, overflow) = address.addingReportingOverflow(UInt64(bytes.count))
    guard !overflow else { return [] }
    return fates(of: address..<end).filter { $0.fate == .lost }.map { range, _ in
      let first = Int(range.lowerBound - address)
      return RebuiltSegment(
        at: range.lowerBound, Array(bytes[first..<first + Int(range.length)]), path: path)
    }
  }
}

extension DynamicSection {
  /// What glibc adds the bias to in place: DT_PLTGOT, HASH, STRTAB, SYMTAB, RELA, REL, JMPREL, RELR, GNU_HASH, VERSYM.
  private static let relocated: Set<UInt64> = [
    3, 4, 5, 6, 7, 17, 23, 36, 0x6fff_fef5, 0x6fff_fff0,
  ]

  /// Makes of the section as it is in the file the one that a running program has.
  fileprivate func relocate(
    _ bytes: inout [UInt8], by bias: UInt64, _ machine: Machine, _ format: ELFFormat
  ) {
    // Those keep it read-only.
    guard ![.mips, .riscv].contains(machine) else { return }
    for entry in entries where Self.relocated.contains(entry.tag.rawValue) {
      bytes.store(
        entry.value &+ bias, at: entry.valueOffset, size: format.wordSize, format.byteOrder)
    }
  }
}
