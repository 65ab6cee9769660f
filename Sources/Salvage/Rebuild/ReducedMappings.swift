internal import CoreIO
internal import CoreModel
internal import ELFCore

/// NT_FILE without the mappings whose bytes were in the dump and are lost.
///
/// gdb serves what the core lacks from the files that NT_FILE names: right for code that was never dumped, and a lie
/// for data, which is dumped because the process had changed it.
struct ReducedMappings {
  /// The descriptor to write; nil where nothing is to be taken out.
  let mappings: MappedFiles?

  /// With more gaps than this in one mapping, all of it is taken out: what survived of it is in the core.
  private static let mostParts = 16

  /// - Parameters:
  ///   - wasRepaired: whether memory that no program header names was lost, and dropped by an earlier repair.
  ///   - unnamed: where memory may have been whose program header is lost.
  ///   - unchanged: the beginnings of mappings that stay, for what is lost of them is what their files have.
  init(
    _ files: MappedFiles?, _ memory: CoreMemory, pageSize: UInt64, wasRepaired: Bool,
    unnamed: [Range<UInt64>], unchanged: Set<UInt64> = []
  ) {
    guard let files else {
      mappings = nil
      return
    }
    let over = Self.lyingOverOthers(files.entries)
    var isChanged = false
    var kept: [MappedFiles.Entry] = []
    let headers = Self.headerMappings(files.entries)
    for (index, entry) in files.entries.enumerated() {
      guard !over.contains(index) else {
        isChanged = true
        continue
      }
      let isUnnamed = unnamed.contains { $0.overlaps(entry.range) }
      let fates: Set<CoreMemory.Fate> =
        wasRepaired || isUnnamed ? [.lost, .unmapped] : [.lost]
      var range = entry.range
      if !isUnnamed, headers.contains(index), !Self.isWritten(entry, memory, pageSize) {
        range = range.lowerBound + min(pageSize, range.length)..<range.upperBound
      }
      // At most one more than is looked at.
      let parts =
        unchanged.contains(entry.range.lowerBound)
        ? [] : memory.parts(of: range, fates, most: Self.mostParts + 1)
      guard !parts.isEmpty else {
        kept.append(entry)
        continue
      }
      isChanged = true
      guard parts.count <= Self.mostParts else { continue }
      var position = entry.range.lowerBound
      for gap in parts + [entry.range.upperBound..<entry.range.upperBound] {
        // The note tells offsets in pages.
        let end = gap.lowerBound & ~(pageSize - 1)
        if end > position {
          kept.append(
            MappedFiles.Entry(
              range: position..<end,
              fileOffset: entry.fileOffset &+ (position - entry.range.lowerBound),
              path: entry.path))
        }
        position = max(position, roundUp(gap.upperBound, to: pageSize))
      }
    }
    mappings = isChanged ? MappedFiles(pageSize: files.pageSize, entries: kept) : nil
  }

  /// A hostile list's: each would be held against the same memory once more. No name for them is no loss.
  private static func lyingOverOthers(_ entries: [MappedFiles.Entry]) -> Set<Int> {
    var result: Set<Int> = []
    var end: UInt64 = 0
    for index in entries.indices.sorted(by: {
      entries[$0].range.lowerBound < entries[$1].range.lowerBound
    }) {
      if entries[index].range.lowerBound < end { result.insert(index) }
      end = max(end, entries[index].range.upperBound)
    }
    return result
  }

  /// The mappings that begin an image: of its first page the kernel dumps what nobody changed.
  private static func headerMappings(_ entries: [MappedFiles.Entry]) -> Set<Int> {
    let order = entries.indices.sorted {
      entries[$0].range.lowerBound < entries[$1].range.lowerBound
    }
    var result: Set<Int> = []
    var last: Int?
    for index in order {
      let isNew = last.map { entries[$0].path != entries[index].path } ?? true
      if isNew, entries[index].fileOffset == 0 { result.insert(index) }
      last = index
    }
    return result
  }

  /// Whether the process could write to a mapping, or its first page is not all that was dumped of it.
  private static func isWritten(
    _ entry: MappedFiles.Entry, _ memory: CoreMemory, _ pageSize: UInt64
  ) -> Bool {
    guard let segment = memory.segment(at: entry.range.lowerBound) else { return false }
    return segment.flags.contains(.write) || segment.fileSize > pageSize
  }
}
