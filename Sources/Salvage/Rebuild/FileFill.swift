internal import CoreIO
internal import CoreModel
internal import ELFCore

/// What verified files give back: the first pages that were lost, and on request all that they had mapped read-only.
///
/// Never anything of a segment that the image may write to: relocations and the process change it, RELRO included.
struct FileFill {
  let memory: CoreMemory
  let pageSize: UInt64
  let withFiles: RepairOptions.WithFiles
  /// Which of what was dumped and is lost may be filled; nil where no more than pages are asked for.
  let code: DumpedCode?
  /// Whether what was not dumped is as the files have it. The kernel dumps what a process changed, unless it was told to
  /// leave all private memory out: then nothing that can be written to is there.
  private let isUndumpedUnchanged: Bool

  init(
    _ modules: [Module], _ core: borrowing Core, pageSize: UInt64,
    withFiles: RepairOptions.WithFiles
  ) throws(SalvageError) {
    memory = core.memory
    self.pageSize = pageSize
    self.withFiles = withFiles
    isUndumpedUnchanged = memory.segments.contains { $0.flags.contains(.write) && $0.fileSize > 0 }
    if withFiles == .all {
      // Of a whole core nothing is lost, and there is nothing to compare.
      code =
        core.verdict.isWhole
        ? DumpedCode() : try DumpedCode(modules, memory, pageSize: pageSize, size: core.source.size)
    } else {
      code = nil
    }
  }

  func segments(of module: Module) throws(SalvageError) -> [RebuiltSegment] {
    guard withFiles != .none, let file = module.file, let first = module.mappings.first else {
      return []
    }
    let mappings = module.mappings.filter { module.isReadOnly($0, pageSize: pageSize) }
    var result: [RebuiltSegment] = []
    // qemu and some settings of coredump_filter leave header pages out; debuggers want those no less.
    if mappings.first == first {
      result += try fillFirstPage(of: first, module, file) { $0 == .lost || $0 == .undumped }
    }
    // jhsdb wants one page of each part where the dump had them all, and may crash without.
    let lost = mappings.filter { $0 != first && memory.has(.lost, in: firstPage(of: $0)) }
    guard withFiles == .all || !lost.isEmpty,
      !(try file.dynamicSection()?.relocatesText ?? false)
    else { return result }
    for mapping in lost { result += try fillFirstPage(of: mapping, module, file) { $0 == .lost } }
    guard let code else { return result }
    let filled = Set(result.map(\.range.lowerBound))
    for mapping in mappings {
      let page = firstPage(of: mapping)
      let isFilled = filled.contains { page.contains($0) }
      let rest = (isFilled ? page.upperBound : page.lowerBound)..<mapping.range.upperBound
      let isUnchanged = code.isUnchanged(mapping)
      result += fill(rest, mapping, module, file) {
        $0 == .undumped && isUndumpedUnchanged || $0 == .lost && isUnchanged
      }
    }
    return result
  }

  private func firstPage(of mapping: MappedFiles.Entry) -> Range<UInt64> {
    let start = mapping.range.lowerBound
    return start..<start + min(pageSize, mapping.range.length)
  }

  /// The page that a mapping begins with. Where a part of it survived and more had been dumped, all of it comes from the
  /// file, which has the same bytes: to jhsdb a shorter beginning is that of another library.
  private func fillFirstPage(
    of mapping: MappedFiles.Entry, _ module: Module, _ file: ModuleFile,
    where isWanted: (CoreMemory.Fate) -> Bool
  ) throws(SalvageError) -> [RebuiltSegment] {
    let page = firstPage(of: mapping)
    let result = fill(page, mapping, module, file, where: isWanted)
    guard result.count == 1, result[0].range != page, result[0].range.upperBound == page.upperBound,
      let segment = memory.segment(at: page.lowerBound), segment.fileSize > pageSize
    else { return result }
    let survived = try memory.prefix(at: page.lowerBound, limit: Int(pageSize))
    guard page.lowerBound + UInt64(survived.count) == result[0].range.lowerBound,
      try file.bytes(at: mapping.fileOffset, count: survived.count) == survived
    else { return result }
    return [
      RebuiltSegment(
        page, of: file, at: mapping.fileOffset, flags: segment.flags, path: module.path)
    ]
  }

  private func fill(
    _ range: Range<UInt64>, _ mapping: MappedFiles.Entry, _ module: Module, _ file: ModuleFile,
    where isWanted: (CoreMemory.Fate) -> Bool
  ) -> [RebuiltSegment] {
    var result: [RebuiltSegment] = []
    for (part, fate) in memory.fates(of: range) where isWanted(fate) {
      guard let segment = memory.segment(at: part.lowerBound), !segment.flags.contains(.write),
        segment.flags.contains(.read)
      else { continue }
      let offset = mapping.fileOffset &+ (part.lowerBound - mapping.range.lowerBound)
      // The last page goes on after the file's end; that it has zeros there is not in the file.
      guard offset < file.identity.size else { continue }
      let length = min(part.length, file.identity.size - offset)
      result.append(
        RebuiltSegment(
          part.lowerBound..<part.lowerBound + length, of: file, at: offset, flags: segment.flags,
          path: module.path))
    }
    return result
  }
}

extension Module {
  /// Whether the image itself never writes to one of its mappings.
  func isReadOnly(_ mapping: MappedFiles.Entry, pageSize: UInt64) -> Bool {
    guard let headers else { return false }
    let load = headers.loads.last { load in
      bias &+ (load.address & ~(pageSize - 1)) <= mapping.range.lowerBound
    }
    return load.map { !$0.flags.contains(.write) } ?? false
  }
}
