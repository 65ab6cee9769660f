extension Range where Bound == UInt64 {
  /// How many bytes: `count` is an Int, and traps on what a hostile header can name.
  @inlinable
  package var length: UInt64 { upperBound - lowerBound }
}

/// The least multiple of `alignment` (a power of two) that is not below `value`, held at the last one there is.
@inlinable
package func roundUp(_ value: UInt64, to alignment: UInt64) -> UInt64 {
  let (sum, overflow) = value.addingReportingOverflow(alignment - 1)
  return (overflow ? UInt64.max : sum) & ~(alignment - 1)
}

extension [Range<UInt64>] {
  /// What of these ranges, which are in order and apart, lies in `place`, where that stands at `due`.
  package func parts(of place: Range<UInt64>, standingAt due: UInt64) -> [Range<UInt64>] {
    self[partitioningIndex { $0.upperBound > place.lowerBound }...]
      .prefix { $0.lowerBound < place.upperBound }
      .map { part in
        let part = part.clamped(to: place)
        let start = due + (part.lowerBound - place.lowerBound)
        return start..<start + part.length
      }
  }
}
