/// Where a stretch of an input has holes.
package struct HoleSurvey: Hashable, Sendable {
  /// How many bytes are not in holes; nil where there are too many holes to count them all.
  package private(set) var dataBytes: UInt64? = 0
  package private(set) var hasHoles = false
  package private(set) var endsInHole = false

  /// Two system calls each: a file in a million pieces would cost seconds.
  private static let mostExtents = 1 << 17

  package init(_ source: any ByteSource, _ range: Range<UInt64>) {
    var position = range.lowerBound
    var bytes: UInt64 = 0
    for _ in 0..<Self.mostExtents {
      guard let data = source.firstData(in: position..<range.upperBound) else {
        hasHoles = true
        endsInHole = true
        dataBytes = bytes
        return
      }
      if data.lowerBound > position { hasHoles = true }
      bytes += data.length
      position = data.upperBound
      guard position < range.upperBound else {
        dataBytes = bytes
        return
      }
    }
    dataBytes = nil
    hasHoles = true
  }
}
