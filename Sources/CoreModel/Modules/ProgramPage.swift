internal import CoreIO
internal import ELFCore

/// The header page of the program as it survived where the kernel put it: known by AT_PHDR, which leads into it, and by what
/// else the kernel took from it.
struct ProgramPage {
  let base: UInt64
  let bias: UInt64
  let headers: ImageHeaders
  /// All that the headers ask for of memory.
  let range: Range<UInt64>
  private let beginning: [UInt8]

  /// nil where no page is there that agrees with AUXV.
  init?(
    _ process: ProcessSnapshot, _ memory: CoreMemory, _ machine: Machine, pageSize: UInt64
  ) {
    guard let vector = process.auxiliaryVector, let table = vector[.programHeaders],
      let entry = vector[.entry]
    else { return nil }
    let base = table & ~(pageSize - 1)
    let beginning = memory.readable(at: base, count: ImageHeaders.readableSize)
    guard let headers = ImageHeaders(beginning.span), headers.format == memory.format,
      headers.header.machine == machine,
      base &+ headers.header.programHeaderOffset == table,
      vector[.programHeaderCount] == UInt64(headers.programHeaders.count),
      let layout = MappingLayout(headers, base: base, pageSize: pageSize),
      layout.bias &+ headers.header.entry == entry, let last = headers.loads.last
    else { return nil }
    let end = layout.bias &+ last.addressEnd
    self.base = base
    bias = layout.bias
    self.headers = headers
    range = base..<max(base, end)
    self.beginning = beginning
  }

  /// The path by which it was started, where that survived; else its short name.
  func path(_ process: ProcessSnapshot, _ memory: CoreMemory) -> [UInt8] {
    let started = process.auxiliaryVector?[.executableName].flatMap { memory.cString(at: $0) }
    let isWhole = started?.first == UInt8(ascii: "/")
    return (isWhole ? started : nil) ?? process.programPath ?? []
  }

  /// The program, by a path that something tells to be its own.
  func module(
    _ path: [UInt8], _ mappings: [MappedFiles.Entry], _ memory: CoreMemory,
    _ files: inout ModuleFiles
  ) -> Module {
    var candidate = Candidate(path, at: base, beginning, in: memory)
    candidate.isProgram = true
    var (file, verdict) = candidate.verify(&files)
    if file == nil, path.first != UInt8(ascii: "/"), !files.hasProgram {
      verdict = ModuleVerdict(.core, "its path is not known; --program names it")
    }
    var module = Module(
      path: candidate.plainPath, base: base, bias: bias, headers: headers, mappings: mappings,
      file: file, verdict: verdict, isDeleted: candidate.isDeleted, hasHeadersInCore: true)
    module.subject = candidate.subject(files)
    return module
  }
}
