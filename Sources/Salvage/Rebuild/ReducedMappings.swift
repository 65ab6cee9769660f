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

  /// - Parameter wasRepaired: whether memory that no program header names was lost, and dropped by an earlier repair.
  init(_ files: MappedFiles?, _ memory: CoreMemory, pageSize: UInt64, wasRepaired: Bool) {
    guard let files else {
      mappings = nil
      return
    }
    var lost = Self.lostRanges(memory)
    if wasRepaired { lost = Self.union(lost, Self.unmapped(files.entries, memory)) }
    var isChanged = false
    var kept: [MappedFiles.Entry] = []
    let headers = Self.headerMappings(files.entries)
    for (index, entry) in files.entries.enumerated() {
      var range = entry.range
      if headers.contains(index), !Self.isWritten(entry, memory, pageSize) {
        range = range.lowerBound + min(pageSize, range.length)..<range.upperBound
      }
      let parts = Self.gaps(in: range, lost)
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

  /// What the dump had of the memory and lost, by address.
  private static func lostRanges(_ memory: CoreMemory) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    let segments = memory.segments
    for (index, segment) in segments.enumerated() where segment.fileSize > 0 {
      // Where hostile segments overlap, each is walked up to the next alone.
      let next = index + 1 < segments.count ? segments[index + 1].address : .max
      let end = max(segment.address, min(segment.dumpedEnd, next))
      for (range, fate) in memory.fates(of: segment.address..<end) where fate == .lost {
        result.append(range)
      }
    }
    return result
  }

  /// What mappings have that no program header names. Of those that overlap, a hostile list's, none is looked at twice.
  private static func unmapped(
    _ entries: [MappedFiles.Entry], _ memory: CoreMemory
  ) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var end: UInt64 = 0
    for entry in entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let range = max(end, entry.range.lowerBound)..<max(end, entry.range.upperBound)
      end = range.upperBound
      result += memory.fates(of: range).filter { $0.fate == .unmapped }.map(\.range)
    }
    return result
  }

  /// Both by address and apart.
  private static func union(
    _ first: [Range<UInt64>], _ second: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    (first + second).sorted { $0.lowerBound < $1.lowerBound }
  }

  /// At most one more than `mostParts` of them.
  private static func gaps(in range: Range<UInt64>, _ lost: [Range<UInt64>]) -> [Range<UInt64>] {
    guard !range.isEmpty else { return [] }
    let first = lost.partitioningIndex { $0.upperBound > range.lowerBound }
    return lost[first...].prefix(mostParts + 1).prefix { $0.lowerBound < range.upperBound }
      .map { $0.clamped(to: range) }
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
