/// When stretches of zeros become holes.
public enum Sparseness: String, Hashable, Sendable, CaseIterable {
  /// Where the input has holes.
  case auto
  /// Wherever a block is zeros.
  case always
  /// Nowhere: all of the file takes room on the disk.
  case never
}
