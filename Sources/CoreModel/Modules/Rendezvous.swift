package import CoreIO
internal import ELFCore

/// Where debuggers look for `r_debug`: where the program's DT_DEBUG points, if any of that can be had.
package enum Rendezvous {
  /// There, and these stretches of the program's dynamic section that were lost are made anew.
  case at(UInt64, [RebuiltSegment])
  /// DT_DEBUG itself is lost: wherever we put it. The closure gives the dynamic section that points there.
  case anywhere((UInt64) -> [RebuiltSegment])
  case none(LinkMapOutcome)

  /// - Parameter hasLibraries: whether there is anything that a list would tell of beside the program.
  package static func find(
    _ program: Module?, hasLibraries: Bool, _ memory: CoreMemory, _ absence: ProgramAbsence
  ) throws(SalvageError) -> Rendezvous {
    guard let program else { return .none(.impossible(absence.words)) }
    guard let headers = program.headers else {
      let page = memory.absence(of: program.base..<program.base + 1)
      return .none(
        .impossible(
          "the program's headers are \(page), and no file has them: \(program.verdict.remark)"))
    }
    guard let range = program.dynamicRange, range.length <= DynamicSection.largestSize else {
      return try symbol(program, hasLibraries)
    }
    let isStarted = headers.first(.interpreter) != nil
    let dynamic = try memory.dynamicSection(in: range)
    guard dynamic.isWhole else { return try lost(program, range, hasLibraries, memory) }
    guard let debug = dynamic.section.first(.debug) else {
      return isStarted ? .none(.impossible(Self.noDebug)) : try symbol(program, hasLibraries)
    }
    guard debug.value == 0 else { return .at(debug.value, []) }
    return isStarted
      ? .none(.impossible("the dynamic linker had not come so far as to make one"))
      : try symbol(program, hasLibraries)
  }

  private static let symbolName = "_r_debug"

  /// lld's `-z rodynamic` leaves it out.
  private static let noDebug =
    "the program has no DT_DEBUG, so that debuggers don't find its libraries in the whole core either;"
    + " --gdb-script names them to gdb"

  /// What `r_debug` at an address has for the first node; nil where it would go past the end of memory.
  package static func firstNode(
    _ address: UInt64, _ memory: CoreMemory
  ) throws(SalvageError) -> MemoryWord? {
    try memory.words(at: address, count: DebugRendezvous.wordCount)?[DebugRendezvous.mapIndex]
  }

  /// Where the `r_debug`s of all namespaces lie, as far as that can be told: that of an address first, which is the
  /// program's.
  package static func namespaces(
    from address: UInt64, _ memory: CoreMemory
  ) throws(SalvageError) -> [UInt64] {
    var result = [address]
    while result.count < mostNamespaces,
      let next = try next(after: result[result.count - 1], memory),
      next != 0, !result.contains(next)
    {
      result.append(next)
    }
    return result
  }

  /// glibc has no more (`DL_NNS`).
  private static let mostNamespaces = 16

  /// The `r_next` of the `r_debug` at an address; nil where it has none, or none can be told.
  private static func next(after address: UInt64, _ memory: CoreMemory) throws(SalvageError)
    -> UInt64?
  {
    guard try hasNext(address, memory) else { return nil }
    return try memory.words(at: address, count: DebugRendezvous.wordCount + 1)?[
      DebugRendezvous.nextIndex
    ].value
  }

  /// Where the `r_debug` at an address lies, with its `r_next` where it has one.
  static func range(_ address: UInt64, _ memory: CoreMemory) -> Range<UInt64> {
    let size = DebugRendezvous.size(in: memory.format)
    let hasNext = (try? hasNext(address, memory)) ?? false
    return address..<(address +| size +| (hasNext ? UInt64(memory.format.wordSize) : 0))
  }

  /// Whether the word behind the `r_debug` at an address, which leads on in one of the longer form, was in the dump and is
  /// lost.
  package static func hasLostNext(
    _ address: UInt64, _ memory: CoreMemory
  ) throws(SalvageError) -> Bool {
    let words = try memory.words(at: address, count: DebugRendezvous.wordCount + 1)
    return words?[DebugRendezvous.nextIndex] == .lost
  }

  /// Whether the `r_debug` at an address is known to be of the form that has an `r_next`.
  package static func hasNext(
    _ address: UInt64, _ memory: CoreMemory
  ) throws(SalvageError) -> Bool {
    guard let bytes = try memory.bytes(at: address, count: 4),
      let version = bytes.span.integer(at: 0, size: 4, memory.format.byteOrder)
    else { return false }
    return version >= DebugRendezvous.extendedVersion
  }

  /// Where no DT_DEBUG leads anywhere, debuggers look for a symbol of what the kernel started: a dynamic linker that was
  /// started by name exports it, a static program that can load libraries has it in its table of symbols.
  private static func symbol(
    _ program: Module, _ hasLibraries: Bool
  ) throws(SalvageError) -> Rendezvous {
    func none(_ reason: String) -> Rendezvous {
      .none(hasLibraries ? .impossible(reason) : .notNeeded)
    }
    guard let file = program.file else {
      return none(
        "what was started has no DT_DEBUG, and its file, whose symbols would tell, is not verified")
    }
    var value = try file.symbol(Self.symbolName)
    if value == nil {
      let size = DebugRendezvous.size(in: file.headers.format)
      value = SymbolTable(try file.open(), file.headers.header).variable(
        Self.symbolName, size: size)
    }
    guard let value else {
      return none(
        "the program is static and its file has no symbol \(Self.symbolName),"
          + " so that debuggers don't find its libraries in the whole core either")
    }
    return .at(program.bias &+ value, [])
  }

  private static func lost(
    _ program: Module, _ range: Range<UInt64>, _ hasLibraries: Bool, _ memory: CoreMemory
  ) throws(SalvageError) -> Rendezvous {
    let isStarted = program.headers?.first(.interpreter) != nil
    guard isStarted || hasLibraries else { return .none(.notNeeded) }
    guard let file = program.file, let segment = program.headers?.first(.dynamic) else {
      return .none(
        .impossible(
          "the program's dynamic section is \(memory.absence(of: range)), and its file is not verified"
        ))
    }
    var bytes = try file.bytes(at: segment.fileOffset, count: Int(range.length))
    let dynamic = DynamicSection(bytes.span, in: memory.format)
    guard bytes.count == Int(range.length), let debug = dynamic.first(.debug) else {
      return isStarted ? .none(.impossible(noDebug)) : try symbol(program, hasLibraries)
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
