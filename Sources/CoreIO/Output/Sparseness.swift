/// When stretches of zeros become holes.
public enum Sparseness: String, Hashable, Sendable, CaseIterable {
  /// Holes stay holes, and 16 KiB of zeros or more become one.
  case auto
  /// The same from 4 KiB on, which is slower; and where data could be shared, it is copied.
  case always
  /// There are none: what is a hole, or lost, is written as zeros; and where data could be shared, it is copied.
  case never
}
