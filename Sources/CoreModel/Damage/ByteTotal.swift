internal import ELFCore

/// How many bytes something had, and what became of them, over as many ranges as are added.
///
/// A hostile core names sizes whose sum no number holds: each part stays at the last number there is then. What is lost is
/// counted by itself, for two sums that stand at the end can't tell it any more.
public struct ByteTotal: Hashable, Sendable {
  /// In bytes.
  public private(set) var size: UInt64 = 0
  /// Bytes that are there.
  public private(set) var survived: UInt64 = 0
  /// Bytes that are not.
  public private(set) var lost: UInt64 = 0

  /// No bytes.
  public init() {}

  /// One range. No more of it survived than there was.
  public init(_ size: UInt64, survived: UInt64) {
    self.size = size
    self.survived = min(survived, size)
    lost = size - self.survived
  }

  /// Adds the other's bytes.
  public static func += (left: inout ByteTotal, right: ByteTotal) {
    left.size +|= right.size
    left.survived +|= right.survived
    left.lost +|= right.lost
  }

  /// Whether nothing is lost.
  public var isWhole: Bool { lost == 0 }
  /// Whether nothing is left.
  public var isGone: Bool { survived == 0 }

  /// How many of `steps` survived, rounded down: all of them only where nothing is lost.
  public func share(of steps: Int) -> Int {
    guard !isWhole, steps > 0 else { return max(steps, 0) }
    // `survived` is at most `size`, and `size` is not 0: the quotient is at most `steps`.
    let whole = size.dividingFullWidth(survived.multipliedFullWidth(by: UInt64(steps))).quotient
    return min(Int(clamping: whole), steps - 1)
  }
}
