internal import ELFCore

/// The programs and libraries that a process had mapped: by NT_FILE, or without it by what AUXV, ld.so's list and the
/// segments themselves tell.
package struct MappedImages {
  /// In the order of NT_FILE where there is one. Of the files, those that are mapped as code.
  package private(set) var images: [MappedImage] = []
  /// The kernel's own.
  package private(set) var vdso: MappedImage?
  private let memory: CoreMemory

  /// Linux lets a process map no more unless it is told to; each costs a look at its first page.
  private static let mostMappings = 1 << 16
  /// Without NT_FILE, so many segments are looked at for an ELF header, and so many objects of ld.so's list.
  private static let mostProbes = 1024
  private static let mostObjects = 4096

  package init(_ process: ProcessSnapshot, _ memory: CoreMemory, _ names: MemoryNames) {
    self.memory = memory
    if let files = process.mappedFiles, !files.entries.isEmpty {
      addMapped(files.entries, names)
    } else {
      addUnmapped(process)
    }
    if let address = process.auxiliaryVector?[.vdso], address != 0 {
      vdso = MappedImage(Array("[vdso]".utf8), at: address, memory)
    }
  }

  private mutating func addMapped(_ entries: [MappedFiles.Entry], _ names: MemoryNames) {
    var indices: [PathKey: Int] = [:]
    var looks = 0
    for entry in entries where entry.fileOffset == 0 && looks < Self.mostMappings {
      let start = entry.range.lowerBound
      let kind = names.fileKind(at: start)
      guard kind == .program || kind == .libraries else { continue }
      guard let index = indices[PathKey(entry.path)] else {
        looks += 1
        indices[PathKey(entry.path)] = images.count
        images.append(MappedImage(entry.path, at: start, memory))
        continue
      }
      // A program may map a library's file once more to read it: ld.so's mapping is no longer the lowest then.
      guard images[index].buildID == nil else { continue }
      looks += 1
      let other = MappedImage(entry.path, at: start, memory)
      if other.hasHeaders { images[index] = other }
    }
    for index in images.indices { images[index].end = images[index].base }
    // Of a million names, few are a module's.
    for entry in entries {
      guard let index = indices[PathKey(entry.path)] else { continue }
      images[index].end = max(images[index].end, entry.range.upperBound)
    }
  }

  private mutating func addUnmapped(_ process: ProcessSnapshot) {
    let auxiliary = process.auxiliaryVector
    if let table = auxiliary?[.programHeaders], let base = memory.segment(at: table)?.address,
      Candidate([], at: base, in: memory).inCore != nil
    {
      add(process.programPath ?? [], base)
      let chain = LinkMapChain(ofProgramAt: table, memory)
      for object in chain.objects.prefix(Self.mostObjects) {
        guard let path = memory.cString(at: object.name), !path.isEmpty,
          let base = beginning(object.bias, object.dynamic)
        else { continue }
        add(path, base)
      }
    }
    if let interpreter = auxiliary?[.base], interpreter != 0 { add([], interpreter) }
    let vdso = auxiliary?[.vdso]
    for segment in memory.segments.lazy.filter({ $0.fileSize > 0 }).prefix(Self.mostProbes)
    where segment.address != vdso {
      if Candidate([], at: segment.address, in: memory).inCore != nil { add([], segment.address) }
    }
  }

  /// Where an object of ld.so's list begins: at its bias, but where it was linked for the place that it has, as prelinked
  /// libraries are. Those begin below their dynamic section. nil where that is not found.
  private func beginning(_ bias: UInt64, _ dynamic: UInt64?) -> UInt64? {
    func begins(at address: UInt64) -> Bool {
      guard let headers = Candidate([], at: address, in: memory).inCore else { return false }
      return address &- headers.firstAddress == bias
        && headers.dynamicRange(bias: bias)?.lowerBound == dynamic
    }
    if let dynamic, let last = memory.index(at: dynamic) {
      let near = memory.segments[max(0, last - Self.mostSegments)...last].reversed()
      if let found = near.first(where: { begins(at: $0.address) }) { return found.address }
    }
    return bias == 0 ? nil : bias
  }

  /// An image has no more segments than these before its data.
  private static let mostSegments = 8

  private mutating func add(_ path: [UInt8], _ base: UInt64) {
    // Only the few that are found without NT_FILE come without a path.
    guard !path.isEmpty || !images.contains(where: { $0.base == base }) else { return }
    images.append(MappedImage(path, at: base, memory))
  }
}
