extension ReferenceCore {
  /// The addresses that can be read, in order, neighbours joined.
  public var readableRanges: [Range<UInt64>] {
    Self.joined(readable.map(\.readableRange))
  }

  /// The addresses that PT_LOADs name without bytes for them: never dumped, or zero-marked.
  public var undumpedRanges: [Range<UInt64>] {
    let ranges = loads.map { $0.address + $0.fileSize..<$0.memoryRange.upperBound }
    return Self.joined(ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound })
  }

  /// `count` bytes of memory: each its value, or nil where it can't be read.
  public func bytes(at address: UInt64, count: Int) throws -> [UInt8?] {
    var result = [UInt8?](repeating: nil, count: count)
    let (sum, overflow) = address.addingReportingOverflow(UInt64(count))
    let wanted = address..<(overflow ? .max : sum)
    for segment in segments(touching: wanted) {
      let part = segment.readableRange.clamped(to: wanted)
      let bytes = try source.read(
        at: segment.offset + (part.lowerBound - segment.address), count: part.count)
      let start = Int(part.lowerBound - address)
      for (index, byte) in bytes.enumerated() { result[start + index] = byte }
    }
    return result
  }

  /// `count` bytes of memory, or nil if any of them can't be read.
  public func wholeBytes(at address: UInt64, count: Int) throws -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    for segment in segments(touching: address..<address + UInt64(count)) {
      let next = address + UInt64(result.count)
      guard segment.address <= next else { return nil }
      let skipped = next - segment.address
      let wanted = min(segment.fileSize - skipped, UInt64(count - result.count))
      result += try source.read(at: segment.offset + skipped, count: Int(wanted))
    }
    return result.count == count ? result : nil
  }

  /// The readable segments that touch a range of addresses, in order.
  func segments(touching range: Range<UInt64>) -> ArraySlice<ReferenceSegment> {
    var low = 0
    var high = readable.count
    while low < high {
      let middle = (low + high) / 2
      if readable[middle].readableRange.upperBound <= range.lowerBound {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return readable[low...].prefix { $0.address < range.upperBound }
  }

  static func joined(_ sorted: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in sorted {
      if let last = result.last, last.upperBound == range.lowerBound {
        result[result.count - 1] = last.lowerBound..<range.upperBound
      } else {
        result.append(range)
      }
    }
    return result
  }
}
