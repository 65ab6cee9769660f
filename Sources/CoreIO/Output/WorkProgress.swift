internal import Synchronization

/// How far long work has come. Called from any thread, often: whoever shows it decides how often.
public final class WorkProgress: Sendable {
  /// A moment of the work: bytes done of bytes in all.
  public struct State: Hashable, Sendable {
    /// Bytes done.
    public var done: UInt64
    /// Bytes in all; 0 where nobody can tell yet.
    public var total: UInt64
  }

  private let total: UInt64
  private let furthest = Atomic<UInt64>(0)
  private let report: (@Sendable (State) -> Void)?

  package init(total: UInt64, report: (@Sendable (State) -> Void)?) {
    self.total = total
    self.report = report
  }

  /// Work on the bytes up to `end` is done: holes before it count too, for they needed none.
  package func advance(by count: UInt64, at end: UInt64) {
    guard let report else { return }
    let (_, done) = furthest.max(end, ordering: .relaxed)
    report(State(done: done, total: total))
  }
}
