internal import CoreIO

/// Addresses, as ranges in order and apart.
struct AddressRanges: Hashable, Sendable {
  private(set) var ranges: [Range<UInt64>] = []

  /// Of ranges in any order and over each other.
  init(_ ranges: some Sequence<Range<UInt64>>) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = self.ranges.last, last.upperBound >= range.lowerBound {
        self.ranges[self.ranges.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
  }

  /// The parts of a range that are among them.
  func parts(in range: Range<UInt64>) -> [Range<UInt64>] {
    let first = ranges.partitioningIndex { $0.upperBound > range.lowerBound }
    let end = ranges.partitioningIndex { $0.lowerBound >= range.upperBound }
    return ranges[first..<max(first, end)].map { $0.clamped(to: range) }
  }

  /// The parts of a range that are not.
  func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var position = range.lowerBound
    for part in parts(in: range) {
      if part.lowerBound > position { result.append(position..<part.lowerBound) }
      position = part.upperBound
    }
    if position < range.upperBound { result.append(position..<range.upperBound) }
    return result
  }

  /// They without others.
  func subtracting(_ others: AddressRanges) -> AddressRanges {
    AddressRanges(ranges.flatMap(others.gaps))
  }
}
