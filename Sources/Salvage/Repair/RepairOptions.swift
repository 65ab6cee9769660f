/// How a core is repaired. The defaults are the honest ones.
public struct RepairOptions: Hashable, Sendable {
  /// What stands in the file where lost bytes were.
  public enum Extend: String, Hashable, Sendable, CaseIterable {
    /// A hole, so that every offset of the whole core keeps its place.
    case due
    /// Nothing: the file goes on right after what survived.
    case none
  }

  /// What becomes of the program headers of lost memory.
  public enum LostMemory: String, Hashable, Sendable, CaseIterable {
    /// They are dropped: no reader shows a byte that was not saved.
    case drop
    /// They stay with `p_filesz` 0: some readers, gdb among them, show zeros.
    case zero
    /// They stay as they were over the hole: every reader shows zeros.
    case pad
  }

  /// When stretches of zeros become holes.
  public enum Sparse: String, Hashable, Sendable, CaseIterable {
    case auto, always, never
  }

  /// When the output shares its data with the input.
  public enum Reflink: String, Hashable, Sendable, CaseIterable {
    case auto, always, never
  }

  public var extend = Extend.due
  public var lostMemory = LostMemory.drop
  public var sparse = Sparse.auto
  public var reflink = Reflink.auto
  /// Whether an output that exists is replaced.
  public var force = false

  public init() {}
}
