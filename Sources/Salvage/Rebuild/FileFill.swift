internal import CoreIO
internal import CoreModel
internal import ELFCore

/// What verified files give back: header pages that were lost, and on request all that they had mapped read-only.
///
/// Never anything of a segment that the image may write to: relocations and the process change it, RELRO included.
struct FileFill {
  let memory: CoreMemory
  let pageSize: UInt64
  let withFiles: RepairOptions.WithFiles

  func segments(of module: Module) throws(SalvageError) -> [RebuiltSegment] {
    guard withFiles != .none, let file = module.file, let first = module.mappings.first else {
      return []
    }
    // qemu and some settings of coredump_filter leave header pages out; debuggers want those no less.
    var result = fill(
      first.range.lowerBound..<first.range.lowerBound + min(pageSize, first.range.length), first,
      module, file, where: { $0 == .lost || $0 == .undumped })
    guard withFiles == .all, !(try file.dynamicSection()?.relocatesText ?? false) else {
      return result
    }
    for mapping in module.mappings {
      result += fill(mapping.range, mapping, module, file, where: { $0 == .undumped })
    }
    return result
  }

  private func fill(
    _ range: Range<UInt64>, _ mapping: MappedFiles.Entry, _ module: Module, _ file: ModuleFile,
    where isWanted: (CoreMemory.Fate) -> Bool
  ) -> [RebuiltSegment] {
    guard isReadOnly(mapping, module) else { return [] }
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

  /// Whether the image itself never writes there.
  private func isReadOnly(_ mapping: MappedFiles.Entry, _ module: Module) -> Bool {
    guard let headers = module.headers else { return false }
    let load = headers.loads.last { load in
      module.bias &+ (load.address & ~(pageSize - 1)) <= mapping.range.lowerBound
    }
    return load.map { !$0.flags.contains(.write) } ?? false
  }
}
