infix operator +| : AdditionPrecedence
infix operator -| : AdditionPrecedence
infix operator +|= : AssignmentPrecedence

/// Sums and differences of what a file names: held at the last number there is, where `+` and `-` would trap and `&+` and
/// `&-` would name another place.
extension UInt64 {
  @inlinable
  package static func +| (left: UInt64, right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  @inlinable
  package static func -| (left: UInt64, right: UInt64) -> UInt64 { left > right ? left - right : 0 }

  @inlinable
  package static func +|= (left: inout UInt64, right: UInt64) { left = left +| right }
}
