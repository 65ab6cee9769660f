/// How captures are done.
public struct CaptureOptions: Hashable, Sendable {
  /// When a process that crashed may go.
  public enum Release: String, Hashable, Sendable, CaseIterable {
    /// Once its memory is saved.
    case held
    /// Once its registers are, where there is memory for it to be saved later.
    case early
  }

  /// When a process that crashed may go.
  public var release = Release.held
  /// For how many seconds memory may outlive its process; 0 for not at all.
  public var pinLimit: UInt64 = 1800
  /// For how many seconds a process may be held; it goes then, and its memory is saved all the same.
  public var holdLimit: UInt64 = 1800
  /// Whether code and read-only data, which the kernel leaves to the files, are saved too.
  public var isComplete = false

  /// What the command does unless it is told otherwise.
  public init() {}
}
