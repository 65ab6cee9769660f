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
