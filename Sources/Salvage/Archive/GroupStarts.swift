/// Where the frame of each group may begin in a damaged archive: counted forward from what comes before it, and back from
/// what follows. The two differ where bytes are missing between.
struct GroupStarts {
  private let geometry: ArchiveGeometry
  private var forward: [UInt64?]
  private var backward: [UInt64?]
  private let marks: [Int: Range<UInt64>]

  init(
    _ geometry: ArchiveGeometry, first: UInt64?, marks: [Int: Range<UInt64>],
    entries: (Int) -> [BlockEntry]?, table: SeekTable?, fileSize: UInt64
  ) {
    self.geometry = geometry
    self.marks = marks
    let count = geometry.groupCount
    forward = Array(repeating: nil, count: count)
    backward = Array(repeating: nil, count: count)
    forward[0] = table?.dataOffset ?? first
    for group in 1..<max(count, 1) {
      if let mark = marks[group - 1] {
        forward[group] = mark.upperBound
      } else if let start = forward[group - 1], let entries = entries(group - 1) {
        forward[group] = start &+ geometry.frameSize(entries) &+ markSize(group - 1)
      }
    }
    // From the end of the file the table tells how far every group was.
    var next = table.flatMap { table -> UInt64? in
      guard let end = table.groupOffsets.last else { return nil }
      let tail = table.archiveSize &- end
      return tail <= fileSize ? fileSize - tail : nil
    }
    for group in (0..<count).reversed() {
      let end = marks[group]?.lowerBound ?? next.map { $0 &- markSize(group) }
      let start = entries(group).flatMap { entries in end.map { $0 &- geometry.frameSize(entries) }
      }
      backward[group] = start
      next = start
    }
  }

  private func markSize(_ group: Int) -> UInt64 {
    GroupMark.frameSize(blocks: geometry.blocks(of: group).count)
  }

  func candidates(for group: Int) -> [UInt64] {
    let both = [forward[group], backward[group]].compactMap(\.self)
    return both.count == 2 && both[0] == both[1] ? [both[0]] : both
  }

  /// Where the group's mark begins or began; nil where nothing tells.
  func frameEnd(of group: Int) -> UInt64? {
    if let mark = marks[group] { return mark.lowerBound }
    guard group + 1 < backward.count else { return nil }
    return backward[group + 1].map { $0 &- markSize(group) }
  }
}
