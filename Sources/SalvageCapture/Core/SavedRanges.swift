internal import CoreIO

/// Which parts of one segment are saved, by address: apart from each other, in order.
struct SavedRanges: Hashable, Sendable {
  private(set) var ranges: [Range<UInt64>] = []

  var isEmpty: Bool { ranges.isEmpty }

  mutating func insert(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    let first = ranges.partitioningIndex { $0.upperBound >= range.lowerBound }
    let end = ranges.partitioningIndex { $0.lowerBound > range.upperBound }
    guard first < end else {
      ranges.insert(range, at: first)
      return
    }
    let merged =
      min(
        range.lowerBound, ranges[first].lowerBound)..<max(
        range.upperBound, ranges[end - 1].upperBound)
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(merged))
  }

  /// What of a range is not saved.
  func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var position = range.lowerBound
    var index = ranges.partitioningIndex { $0.upperBound > range.lowerBound }
    while index < ranges.count, ranges[index].lowerBound < range.upperBound {
      if ranges[index].lowerBound > position { result.append(position..<ranges[index].lowerBound) }
      position = ranges[index].upperBound
      index += 1
    }
    if position < range.upperBound { result.append(position..<range.upperBound) }
    return result
  }
}
