extension ByteSource {
  /// Where its data is, in order. Holes shorter than `leastHole` count as data.
  package func dataExtents(leastHole: UInt64) -> [Range<UInt64>] {
    var extents: [Range<UInt64>] = []
    var position: UInt64 = 0
    while position < size, let data = firstData(in: position..<size), !data.isEmpty {
      // What doesn't begin behind a hole that counts goes on with what was before.
      if let last = extents.last, data.lowerBound - last.upperBound < leastHole {
        extents[extents.count - 1] = last.lowerBound..<data.upperBound
      } else {
        let start = extents.isEmpty && data.lowerBound < leastHole ? 0 : data.lowerBound
        extents.append(start..<data.upperBound)
      }
      position = data.upperBound
    }
    if let last = extents.last, size - last.upperBound < leastHole {
      extents[extents.count - 1] = last.lowerBound..<size
    }
    return extents
  }
}
