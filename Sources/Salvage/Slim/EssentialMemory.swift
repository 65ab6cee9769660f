internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The memory without which a debugger names no function: the pages that mapped files begin with, their dynamic sections and
/// build-ids, the dynamic linker's list with its names, and the vdso. None of it holds anything that a process was told.
struct EssentialMemory {
  private(set) var ranges: [Range<UInt64>] = []
  private let memory: CoreMemory

  /// Of so many images at most: what a process may map, and more than any maps.
  private static let mostImages = 1 << 16
  /// Linkers write two or three segments of notes.
  private static let mostNotes = 16

  /// - Parameter files: where the symbol is looked for that stands for the list where no program header leads there: of a
  ///   static program, or a dynamic linker that was started by name.
  init(_ core: Core, _ files: consuming ModuleFiles) throws(SalvageError) {
    memory = core.memory
    let vector = core.process.auxiliaryVector
    for base in images(core.process).prefix(Self.mostImages) {
      addImage(at: base, core.process.pageSize)
    }
    if let vdso = vector?[.vdso], let segment = memory.segment(at: vdso) {
      ranges.append(segment.address..<segment.dumpedEnd)
    }
    if let name = vector?[.executableName] { addName(at: name) }
    guard let table = vector?[.programHeaders] else { return }
    var chain = LinkMapChain(ofProgramAt: table, memory)
    if chain.isEmpty {
      var files = files
      let list = try ModuleList(core.structure, core.process, memory, &files)
      let absence = ProgramAbsence(list, core.process, NoteLoss(core))
      if case .at(let rendezvous, _) = try Rendezvous.find(
        list.program, hasLibraries: true, memory, absence)
      {
        chain = LinkMapChain(from: rendezvous, memory)
      }
    }
    for range in chain.places { add(range) }
  }

  /// Where images may begin: where a file is mapped from its first byte on; in a core without a list of files, each segment.
  private func images(_ process: ProcessSnapshot) -> [UInt64] {
    guard let files = process.mappedFiles?.entries, !files.isEmpty else {
      return memory.segments.filter { $0.fileSize > 0 }.map(\.address)
    }
    return files.filter { $0.fileOffset == 0 }.map(\.range.lowerBound)
  }

  private mutating func addImage(at base: UInt64, _ pageSize: UInt64) {
    guard memory.readable(at: base, count: FileHeader.magic.count) == FileHeader.magic else {
      return
    }
    // Nobody writes to such a page, but where a linker was told to make one segment of all.
    let isData = memory.segment(at: base)?.flags.contains(.write) ?? false
    if !isData { add(base..<(base +| pageSize)) }
    guard let headers = Candidate([], at: base, in: memory).inCore else { return }
    let tableEnd =
      headers.header.programHeaderOffset
      +| UInt64(headers.programHeaders.count * headers.format.programHeaderSize)
    add(base..<(base +| min(tableEnd, pageSize)))
    let bias = base &- headers.firstAddress
    if let dynamic = headers.dynamicRange(bias: bias), dynamic.length <= DynamicSection.largestSize
    {
      add(dynamic)
    }
    let notes = headers.programHeaders.filter { $0.kind == .note && $0.memorySize <= pageSize }
    for note in notes.prefix(Self.mostNotes) {
      let start = bias &+ note.address
      add(start..<(start +| note.memorySize))
    }
  }

  /// A path, with its NUL.
  private mutating func addName(at address: UInt64) {
    guard let name = memory.cString(at: address) else { return }
    add(address..<(address +| UInt64(name.count + 1)))
  }

  private mutating func add(_ range: Range<UInt64>) {
    if !range.isEmpty { ranges.append(range) }
  }
}
