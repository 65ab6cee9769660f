internal import CoreIO
internal import ELFCore

/// The modules of a core whose list of mapped files is lost, or was never written (more than 65,534 mappings, qemu):
/// from the program's file, which someone names or AUXV leads to, and the libraries that it wants.
///
/// A library is taken where the segments of memory are those that its file asks for, in one place and no other.
struct UnnamedModules {
  private(set) var modules: [Module] = []
  /// Where the program lies; nil where that is not known.
  private(set) var programBase: UInt64?
  /// Why the file that someone named for the program is not it; nil where it is, or none was named.
  private(set) var refusal: String?

  private let structure: CoreStructure
  private let memory: CoreMemory
  private let pageSize: UInt64
  /// How far memory goes on from the beginning of each segment without a gap, all of it code or none of it.
  private let reach: [UInt64]
  /// Names that were looked for.
  private var seen: Set<[UInt8]> = []

  /// Programs want some dozens of libraries; a file that wants more than this is a trap.
  private static let mostLibraries = 512
  /// Of places that a file's layout fits, so many are looked at.
  private static let mostPlaces = 1024

  init(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ memory: CoreMemory,
    pageSize: UInt64, _ files: inout ModuleFiles
  ) throws(SalvageError) {
    self.structure = structure
    self.memory = memory
    self.pageSize = pageSize
    let page = ProgramPage(process, memory, structure.header.machine, pageSize: pageSize)
    guard files.hasProgram || page != nil else {
      reach = []
      return
    }
    reach = Self.reach(memory.segments)
    let name: [UInt8]
    if let page, !files.hasProgram {
      name = page.path(process, memory)
      modules.append(page.module(name, [], memory, &files))
    } else {
      name = files.programName ?? []
      addNamedProgram(name, process, &files)
    }
    guard let program = modules.first, program.headers != nil else { return }
    programBase = program.base
    guard let file = program.file else { return }
    let folders = LibraryFolders(
      structure.header.machine, interpreter: try file.interpreter(), program: name)
    try addLinker(file, process, &files)
    var wanted = try file.neededNames()
    var next = 0
    while next < min(wanted.count, Self.mostLibraries) {
      wanted += try addLibrary(wanted[next], folders, &files)
      next += 1
    }
    modules.sort { $0.base < $1.base }
  }

  /// The program whose file someone named, if it is that of the core.
  private mutating func addNamedProgram(
    _ name: [UInt8], _ process: ProcessSnapshot, _ files: inout ModuleFiles
  ) {
    guard let result = files.namedProgram() else { return }
    let subject = files.programSubject
    let path = process.programPath ?? name
    let file: ModuleFile
    switch result {
    case .success(let found): file = found
    case .failure(let absence):
      return refuse(path, subject.words(for: absence, isDeleted: false))
    }
    guard isImage(file) else { return refuse(path, "\(subject.words) is for another machine") }
    guard var program = program(file, process, name) else {
      return refuse(
        path,
        "\(subject.words) does not fit the core: it is another program, or another build of it")
    }
    program.subject = subject
    modules.append(program)
  }

  private mutating func refuse(_ path: [UInt8], _ reason: String) {
    refusal = reason
    addLeftOut(path, reason)
  }

  private static func reach(_ segments: LoadSegments) -> [UInt64] {
    var reach = segments.map { $0.memoryEnd - $0.address }
    for index in segments.indices.dropLast().reversed()
    where segments[index].memoryEnd == segments[index + 1].address
      && segments[index].flags.contains(.execute) == segments[index + 1].flags.contains(.execute)
    {
      reach[index] = reach[index] +| reach[index + 1]
    }
    return reach
  }

  private func isImage(_ file: ModuleFile) -> Bool {
    file.headers.format == structure.format
      && file.headers.header.machine == structure.header.machine
  }

  private mutating func addLeftOut(_ path: [UInt8], _ reason: String) {
    modules.append(
      Module(
        path: path, base: 0, bias: 0, headers: nil, mappings: [], file: nil,
        verdict: ModuleVerdict(.leftOut, reason)))
  }

  /// The program, if the entry point and the header table lie where the kernel said.
  private func program(_ file: ModuleFile, _ process: ProcessSnapshot, _ name: [UInt8]) -> Module? {
    guard let vector = process.auxiliaryVector, let entry = vector[.entry],
      vector[.programHeaderCount] == UInt64(file.headers.programHeaders.count),
      let first = file.headers.loads.first
    else { return nil }
    let bias = entry &- file.headers.header.entry
    let base = bias &+ (first.address & ~(pageSize - 1))
    guard base & (pageSize - 1) == 0,
      vector[.programHeaders] == base &+ file.headers.header.programHeaderOffset
    else { return nil }
    return module(file, at: base, name)
  }

  /// The dynamic linker, which lies where the kernel said.
  private mutating func addLinker(
    _ program: ModuleFile, _ process: ProcessSnapshot, _ files: inout ModuleFiles
  ) throws(SalvageError) {
    guard let name = try program.interpreter(), let base = process.auxiliaryVector?[.base] else {
      return
    }
    seen.insert(Self.lastComponent(name))
    guard case .success(let file) = files.file(named: name), isImage(file),
      let module = module(file, at: base, name)
    else { return addLeftOut(name, "no file here fits the memory") }
    modules.append(module)
  }

  /// Adds the library of that name, and gives the names that it wants in turn.
  private mutating func addLibrary(
    _ name: [UInt8], _ folders: LibraryFolders, _ files: inout ModuleFiles
  ) throws(SalvageError) -> [[UInt8]] {
    guard seen.insert(name).inserted else { return [] }
    for path in folders.paths(of: name) {
      guard case .success(let file) = files.file(named: path), isImage(file) else { continue }
      let found = modules(of: file, path)
      if found.count == 1 {
        modules += found
        return try file.neededNames()
      }
    }
    addLeftOut(name, "no file here fits the memory in one place alone")
    return []
  }

  /// The modules that the file may be, one for each place: where a segment begins, and no other module is.
  private func modules(of file: ModuleFile, _ path: [UInt8]) -> [Module] {
    let found = modules(of: file, path, .own)
    return found.isEmpty ? modules(of: file, path, .merged) : found
  }

  private func modules(
    of file: ModuleFile, _ path: [UInt8], _ segmentation: MappingLayout.Segmentation
  ) -> [Module] {
    let taken = Set(modules.map(\.base))
    guard let first = memory.segments.first?.address,
      let layout = MappingLayout(
        file.headers, base: first & ~(pageSize - 1), pageSize: pageSize)
    else { return [] }
    var found: [Module] = []
    // Of a million segments nearly all are out of the question, and each library asks for all.
    let length = layout.firstLength
    var looks = 0
    for index in reach.indices where reach[index] >= length && looks < Self.mostPlaces {
      let address = memory.segments[index].address
      guard address & (pageSize - 1) == 0, layout.fits(memory, at: index, segmentation),
        !taken.contains(address)
      else { continue }
      looks += 1
      guard let module = module(file, at: address, path) else { continue }
      found.append(module)
      if found.count > 1 { break }
    }
    return looks < Self.mostPlaces ? found : []
  }

  /// The module that the file would be at a place, unless the memory there says otherwise.
  private func module(_ file: ModuleFile, at base: UInt64, _ path: [UInt8]) -> Module? {
    guard let layout = MappingLayout(file.headers, base: base, pageSize: pageSize),
      layout.fits(memory) || layout.fits(memory, .merged),
      let beginning = try? memory.prefix(at: base, limit: file.firstBytes.count),
      file.firstBytes.starts(with: beginning),
      let verdict = Candidate(path, at: base, beginning, in: memory).verdict(on: file)
    else { return nil }
    return Module(
      path: path, base: base, bias: layout.bias, headers: file.headers,
      mappings: layout.mappings(path), file: file,
      verdict: ModuleVerdict(verdict.verification, "found without NT_FILE"))
  }

  private static func lastComponent(_ path: [UInt8]) -> [UInt8] {
    path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? path
  }
}
