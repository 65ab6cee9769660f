/// Two cores of one process held against each other, address by address.
public struct MemoryComparison: Sendable, CustomStringConvertible {
  /// Readable in the first core alone, in order.
  public private(set) var onlyInFirst: [Range<UInt64>] = []
  /// Readable in the second core alone, in order.
  public private(set) var onlyInSecond: [Range<UInt64>] = []
  /// Readable in both, with different bytes somewhere inside. At most 1 MiB each.
  public private(set) var different: [Range<UInt64>] = []
  /// Bytes that are readable in both and equal.
  public private(set) var equalBytes: UInt64 = 0

  public init(_ first: ReferenceCore, _ second: ReferenceCore) throws {
    onlyInFirst = Self.unreadable(of: first, in: second)
    onlyInSecond = Self.unreadable(of: second, in: first)
    for own in first.readable {
      for other in second.segments(touching: own.readableRange) {
        try compare(own, of: first, with: other, of: second)
      }
    }
  }

  /// True if every address that reads in either core reads the same in both.
  public var isEqual: Bool { different.isEmpty && onlyInFirst.isEmpty && onlyInSecond.isEmpty }

  public var description: String {
    func list(_ ranges: [Range<UInt64>]) -> String {
      ranges.prefix(8).map {
        "0x\(String($0.lowerBound, radix: 16))-0x\(String($0.upperBound, radix: 16))"
      }.joined(separator: " ") + (ranges.count > 8 ? " and \(ranges.count - 8) more" : "")
    }
    return "\(equalBytes) bytes equal; different: \(list(different)); "
      + "only in the first: \(list(onlyInFirst)); only in the second: \(list(onlyInSecond))"
  }

  private mutating func compare(
    _ own: ReferenceSegment, of first: ReferenceCore, with other: ReferenceSegment,
    of second: ReferenceCore
  ) throws {
    let shared = own.readableRange.clamped(to: other.readableRange)
    var address = shared.lowerBound
    while address < shared.upperBound {
      let count = Int(min(1 << 20, shared.upperBound - address))
      let place = own.offset + (address - own.address)
      let otherPlace = other.offset + (address - other.address)
      let bytes = try first.source.read(at: place, count: count)
      if bytes.isIdentical(to: try second.source.read(at: otherPlace, count: count)) {
        equalBytes += UInt64(count)
      } else {
        different.append(address..<address + UInt64(count))
      }
      address += UInt64(count)
    }
  }

  private static func unreadable(of first: ReferenceCore, in second: ReferenceCore)
    -> [Range<UInt64>]
  {
    var result: [Range<UInt64>] = []
    for range in first.readableRanges {
      var next = range.lowerBound
      for other in second.segments(touching: range) {
        if other.address > next { result.append(next..<other.address) }
        next = max(next, other.readableRange.upperBound)
      }
      if next < range.upperBound { result.append(next..<range.upperBound) }
    }
    return result
  }
}
