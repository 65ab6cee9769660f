package import CoreIO
internal import ELFCore

/// The modules of the process: who they were, and whether their files here are the ones that it had mapped.
package struct ModuleList {
  package internal(set) var modules: [Module] = []
  package let pageSize: UInt64

  /// Whether something told which libraries there were.
  package let knowsLibraries: Bool

  package let memory: CoreMemory
  package let structure: CoreStructure
  private let programAddress: UInt64?
  /// Where the program lies that NT_FILE doesn't list as one.
  private var programBase: UInt64?
  /// Why the file that someone named for the program is not it, where nothing else tells of the program.
  private(set) var refusal: String?
  /// When the core was written; nil where that is not known, or the files are not this machine's.
  let coreWritten: Int64?

  package init(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ files: inout ModuleFiles
  ) throws(SalvageError) {
    self.structure = structure
    self.memory = memory
    coreWritten = files.isForeign ? nil : files.coreWritten
    pageSize = process.pageSize
    programAddress =
      process.auxiliaryVector?[.programHeaders] ?? process.auxiliaryVector?[.entry]
    guard let listed = process.mappedFiles else {
      let found = try UnnamedModules(structure, process, memory, pageSize: pageSize, &files)
      modules = found.modules
      programBase = found.programBase
      refusal = found.refusal
      knowsLibraries = modules.contains { $0.file != nil }
      weigh(process)
      return
    }
    knowsLibraries = true
    let mappings = MappedFiles.apart(listed.entries)
    try find(in: mappings, &files)
    if program == nil { addProgram(mappings, process, &files) }
    weigh(process)
  }

  /// The program: what the kernel started.
  package var program: Module? {
    if let programBase { return modules.first { $0.base == programBase } }
    guard let programAddress else { return nil }
    return modules.first { $0.contains(programAddress) }
  }

  /// Adds the program by its header page, where its mappings are not those that its headers ask for: it may have moved
  /// itself into memory of no file.
  private mutating func addProgram(
    _ mappings: [MappedFiles.Entry], _ process: ProcessSnapshot, _ files: inout ModuleFiles
  ) {
    guard
      let page = ProgramPage(process, memory, structure.header.machine, pageSize: pageSize)
    else { return }
    let first = mappings.partitioningIndex { $0.range.upperBound > page.base }
    let near = mappings[first...].prefix { $0.range.lowerBound < page.range.upperBound }
    let path = near.first?.path ?? page.path(process, memory)
    let own = near.filter { $0.path == path }
    programBase = page.base
    let next = modules.partitioningIndex { $0.base >= page.base }
    modules.insert(page.module(path, own, memory, &files), at: next)
  }

  /// Linux lets a process map no more unless it is told to; each name may cost a look at the disk.
  private static let mostFiles = 1 << 16

  private mutating func find(
    in mappings: [MappedFiles.Entry], _ files: inout ModuleFiles
  ) throws(SalvageError) {
    var index = 0
    while index < mappings.count, files.lookUps < Self.mostFiles {
      guard mappings[index].fileOffset == 0 else {
        index += 1
        continue
      }
      let found = try module(at: index, of: mappings, &files)
      if let module = found.module { modules.append(module) }
      index += max(1, found.count)
    }
  }

  /// The module whose first mapping is at `index`, if it is one, and how many mappings it has.
  private func module(
    at index: Int, of mappings: [MappedFiles.Entry], _ files: inout ModuleFiles
  ) throws(SalvageError) -> (module: Module?, count: Int) {
    let first = mappings[index]
    let limit = min(first.range.length, UInt64(ImageHeaders.readableSize))
    let beginning = try memory.prefix(at: first.range.lowerBound, limit: Int(limit))
    let magic = beginning.prefix(FileHeader.magic.count)
    // Where no code was mapped, only an image's headers make it one.
    guard FileHeader.magic.starts(with: magic) || isCode(index..<end(of: index, mappings), mappings)
    else { return (nil, 1) }
    var candidate = Candidate(first.path, at: first.range.lowerBound, beginning, in: memory)
    candidate.isProgram = programAddress.map(first.range.contains) ?? false
    let inCore = candidate.inCore.flatMap(ours)
    if let headers = inCore, let fit = fit(headers, index, mappings, mayBeMoved: true) {
      let (file, verdict) = candidate.verify(&files)
      var module = module(fit, mappings, index, candidate, headers, file, verdict)
      module.subject = candidate.subject(files)
      if file == nil, case .success = candidate.file(&files) { module.isAnother = true }
      return (module, fit.count)
    }
    let result = candidate.file(&files)
    if case .success(let file) = result, ours(file.headers) != nil,
      let fit = fit(file.headers, index, mappings, mayBeMoved: false),
      !candidate.comparison(with: file).differs
    {
      let verdict = ModuleVerdict(.layout)
      var module = module(fit, mappings, index, candidate, file.headers, file, verdict)
      module.subject = candidate.subject(files)
      return (module, fit.count)
    }
    // What is mapped otherwise than its headers ask for was mapped to be read, not run; and what has none is data.
    guard inCore == nil, FileHeader.magic.starts(with: magic) else { return (nil, 1) }
    return leftOut(candidate, index, mappings, candidate.words(for: result, files))
  }

  private func module(
    _ fit: (count: Int, bias: UInt64), _ mappings: [MappedFiles.Entry], _ index: Int,
    _ candidate: Candidate, _ headers: ImageHeaders, _ file: ModuleFile?, _ verdict: ModuleVerdict
  ) -> Module {
    Module(
      path: candidate.plainPath, base: mappings[index].range.lowerBound, bias: fit.bias,
      headers: headers, mappings: Array(mappings[index..<index + fit.count]), file: file,
      verdict: verdict, isDeleted: candidate.isDeleted,
      hasHeadersInCore: candidate.inCore == headers)
  }

  /// The headers where they are of an image for this core's machine.
  private func ours(_ headers: ImageHeaders) -> ImageHeaders? {
    headers.format == structure.format && headers.header.machine == structure.header.machine
      ? headers : nil
  }

  private func fit(
    _ headers: ImageHeaders, _ index: Int, _ mappings: [MappedFiles.Entry], mayBeMoved: Bool
  ) -> (count: Int, bias: UInt64)? {
    guard
      let layout = MappingLayout(
        headers, base: mappings[index].range.lowerBound, pageSize: pageSize),
      let count = layout.match(mappings, from: index, memory, mayBeMoved: mayBeMoved)
    else { return nil }
    return (count, layout.bias)
  }

  /// What can't be verified is told of where it was code; other files are data.
  private func leftOut(
    _ candidate: Candidate, _ index: Int, _ mappings: [MappedFiles.Entry],
    _ reason: String
  ) -> (module: Module?, count: Int) {
    let end = end(of: index, mappings)
    guard isCode(index..<end, mappings) else { return (nil, end - index) }
    let base = mappings[index].range.lowerBound
    return (
      Module(
        path: candidate.plainPath, base: base, bias: 0, headers: nil,
        mappings: Array(mappings[index..<end]), file: nil,
        verdict: ModuleVerdict(.leftOut, reason)),
      end - index
    )
  }

  /// The end of the mappings that go on with the file whose first one is at `index`.
  private func end(of index: Int, _ mappings: [MappedFiles.Entry]) -> Int {
    var end = index + 1
    while end < mappings.count, mappings[end].path == mappings[index].path,
      mappings[end].fileOffset != 0
    {
      end += 1
    }
    return end
  }

  private func isCode(_ range: Range<Int>, _ mappings: [MappedFiles.Entry]) -> Bool {
    mappings[range].contains {
      memory.segment(at: $0.range.lowerBound)?.flags.contains(.execute) ?? false
    }
  }
}
