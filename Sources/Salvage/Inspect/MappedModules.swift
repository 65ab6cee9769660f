internal import CoreModel
internal import ELFCore

/// Finds the modules of a core: by NT_FILE, or without it by what AUXV, ld.so's list and the segments themselves tell.
struct MappedModules {
  private(set) var modules: [Inspection.Module] = []
  private let memory: CoreMemory

  /// Without NT_FILE, so many segments are looked at for an ELF header.
  private static let mostProbes = 1024

  /// PATH_MAX
  private static let longestPath = 4096

  init(_ process: ProcessSnapshot, _ memory: CoreMemory, _ names: MemoryNames) {
    self.memory = memory
    if let files = process.mappedFiles, !files.entries.isEmpty {
      addMapped(files.entries, names)
    } else {
      addUnmapped(process)
    }
    if let vdso = process.auxiliaryVector?[.vdso], vdso != 0 {
      add(Array("[vdso]".utf8), base: vdso)
    }
    for index in modules.indices where modules[index].buildID == nil {
      let base = modules[index].base
      modules[index].buildIDAbsence = ELFImage.absence(memory, at: base, image(at: base))
    }
    modules.sort { $0.base < $1.base }
  }

  /// Modules of files that are mapped as code.
  private mutating func addMapped(_ entries: [MappedFiles.Entry], _ names: MemoryNames) {
    var indices: [[UInt8]: Int] = [:]
    for entry in entries where entry.fileOffset == 0 {
      let kind = names.fileKind(at: entry.range.lowerBound)
      guard kind == .program || kind == .libraries else { continue }
      if let index = indices[entry.path] {
        // A program may map a library's file once more to read it: ld.so's mapping is no longer the lowest then.
        if modules[index].buildID == nil, let image = image(at: entry.range.lowerBound) {
          modules[index].base = entry.range.lowerBound
          modules[index].buildID = image.buildID
          modules[index].firstAddress = image.headers.firstAddress
        }
        continue
      }
      indices[entry.path] = modules.count
      add(entry.path, base: entry.range.lowerBound)
    }
    for index in modules.indices { modules[index].end = modules[index].base }
    // Of a million names, few are a module's.
    for entry in entries {
      guard let index = indices[entry.path] else { continue }
      modules[index].end = max(modules[index].end, entry.range.upperBound)
    }
    for index in modules.indices {
      // The kernel gives no longer one; and this one is printed with every thread.
      modules[index].path = Array(modules[index].path.prefix(Self.longestPath))
    }
  }

  private mutating func addUnmapped(_ process: ProcessSnapshot) {
    let auxiliary = process.auxiliaryVector
    if let table = auxiliary?[.programHeaders],
      let base = memory.segment(at: table)?.address, let image = image(at: base)
    {
      add(process.programPath ?? [], base: base)
      for entry in LoadedList(memory, program: image.headers, base: base).entries
      where !entry.path.isEmpty {
        add(entry.path, base: entry.bias)
      }
    }
    if let interpreter = auxiliary?[.base], interpreter != 0 { add([], base: interpreter) }
    let vdso = auxiliary?[.vdso]
    for segment in memory.segments.lazy.filter({ $0.fileSize > 0 }).prefix(Self.mostProbes)
    where segment.address != vdso && image(at: segment.address) != nil {
      add([], base: segment.address)
    }
  }

  private mutating func add(_ path: [UInt8], base: UInt64) {
    // Only the few that are found without NT_FILE come without a path.
    guard !path.isEmpty || !modules.contains(where: { $0.base == base }) else { return }
    let image = image(at: base)
    modules.append(
      Inspection.Module(
        path: path, base: base, end: end(of: image, at: base), buildID: image?.buildID,
        firstAddress: image?.headers.firstAddress ?? 0))
  }

  private func image(at base: UInt64) -> ELFImage? {
    ELFImage(memory, at: base)
  }

  /// The end of the last PT_LOAD, or of the segment where even the headers are lost.
  private func end(of image: ELFImage?, at base: UInt64) -> UInt64 {
    guard let image, let last = image.headers.programHeaders.last(where: { $0.kind == .load })
    else {
      return memory.segment(at: base)?.addressEnd ?? base
    }
    let size = last.addressEnd &- image.headers.firstAddress
    let (end, overflow) = base.addingReportingOverflow(size)
    return overflow ? .max : end
  }
}
