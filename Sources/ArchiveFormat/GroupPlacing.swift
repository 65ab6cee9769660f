internal import CoreIO

/// Puts the blocks of a damaged archive to where they are found.
struct GroupPlacing {
  /// In the order of their numbers.
  private(set) var found: [(number: Int, block: ArchiveIndex.Block)] = []

  private let file: any ByteSource
  private let geometry: ArchiveGeometry
  private let marks: [Int: Range<UInt64>]
  private let table: SeekTable?
  private let tableStarts: [UInt64]
  private let firstManifestEnd: UInt64?
  private let probe: BlockProbe
  /// The groups that something is known of, in order; all of them where there is a table.
  private let known: [Int]
  /// By how much the last group that a mark leads to lies after the place that the table names.
  private var shift: UInt64 = 0

  init(
    _ file: any ByteSource, _ geometry: ArchiveGeometry, _ marks: [Int: Range<UInt64>],
    _ table: SeekTable?, firstManifestEnd: UInt64?
  ) {
    self.file = file
    self.geometry = geometry
    self.marks = marks
    self.table = table
    self.firstManifestEnd = firstManifestEnd
    tableStarts = table?.groupOffsets ?? []
    probe = BlockProbe(file, geometry)
    let before = geometry.id == nil ? 0 : -1
    let groups = marks.keys.flatMap { [$0 + before, $0 + before + 1] } + [0]
    known = Set(groups).filter { (0..<geometry.groupCount).contains($0) }.sorted()
  }

  mutating func run() throws(SalvageError) {
    var next: Int? = 0
    // Where a group begins, by a walk through the one before it.
    var walked: UInt64?
    while let group = next {
      var starts = try starts(of: group)
      if let walked, !starts.contains(walked) { starts.append(walked) }
      walked = nil
      if let entries = try entries(of: group) {
        try place(group, entries, starts)
      } else if geometry.id == nil, let start = starts.first {
        walked = try walk(group, from: start)
      }
      next = self.next(after: group, walks: walked != nil)
    }
  }

  private func next(after group: Int, walks: Bool) -> Int? {
    if walks || table != nil { return group + 1 < geometry.groupCount ? group + 1 : nil }
    let index = known.partitioningIndex { $0 > group }
    return index < known.count ? known[index] : nil
  }

  /// What the blocks of a group are, where a mark or the table tells.
  private func entries(of group: Int) throws(SalvageError) -> [BlockEntry]? {
    if let table { return table.entries(of: group) }
    if let mark = try mark(group) { return mark.entries }
    return geometry.id == nil ? nil : try mark(group + 1)?.previous
  }

  private func mark(_ number: Int) throws(SalvageError) -> GroupMark? {
    guard let range = marks[number] else { return nil }
    return try SkippableFrame(at: range.lowerBound, in: file).flatMap { GroupMark($0) }
  }

  /// Where the frame of a group may begin: after what comes before it, before what comes after it, and where the table
  /// says, counted from the beginning, from the end and from the last mark. These differ where bytes are missing between.
  private mutating func starts(of group: Int) throws(SalvageError) -> [UInt64] {
    var starts: [UInt64] = []
    func add(_ start: UInt64?) {
      if let start, start < file.size, !starts.contains(start) { starts.append(start) }
    }
    let before = geometry.markBefore(group)
    if group == 0 {
      add(firstManifestEnd.map { $0 + (before.map { GroupMark.frameSize($0, geometry) } ?? 0) })
    }
    if let mark = before.flatMap({ marks[$0] }) {
      add(mark.upperBound)
      if table != nil { shift = mark.upperBound &- tableStarts[group] }
    }
    if let mark = marks[geometry.markAfter(group)], let entries = try entries(of: group) {
      add(mark.lowerBound &- geometry.frameSize(entries))
    }
    if let table {
      add(tableStarts[group])
      add(tableStarts[group] &+ shift)
      add(tableStarts[group] &+ (file.size &- table.archiveSize))
    }
    return starts
  }

  /// Takes each block from wherever its checksum is right.
  private mutating func place(
    _ group: Int, _ entries: [BlockEntry], _ starts: [UInt64]
  ) throws(SalvageError) {
    var distance = ArchiveGeometry.frameHeaderSize
    for (number, entry) in zip(geometry.blocks(of: group), entries) {
      for start in starts {
        let (offset, overflow) = start.addingReportingOverflow(distance + 4)
        guard !overflow, try probe.isSound(entry, at: offset) else { continue }
        found.append((number, ArchiveIndex.Block(entry: entry, offset: offset)))
        break
      }
      distance += entry.sizeInFile
    }
  }

  // MARK: Version 1

  /// Follows the blocks of a group whose mark is lost, and gives where the next one begins.
  private mutating func walk(
    _ group: Int, from start: UInt64
  ) throws(SalvageError) -> UInt64? {
    let numbers = geometry.blocks(of: group)
    let walk = try BlockWalk(
      probe, from: start, count: numbers.count, end: frameEnd(of: group))
    for (index, block) in walk.found { found.append((numbers.lowerBound + index, block)) }
    return walk.blocksEnd.map {
      $0 + geometry.frameEndSize + GroupMark.frameSize(group, geometry)
    }
  }

  /// Where the lost mark of a group began; nil where the next one's doesn't tell.
  private func frameEnd(of group: Int) throws(SalvageError) -> UInt64? {
    guard let next = marks[group + 1], let entries = try entries(of: group + 1) else { return nil }
    return next.lowerBound &- geometry.frameSize(entries) &- GroupMark.frameSize(group, geometry)
  }
}
