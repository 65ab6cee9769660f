internal import Synchronization
package import SystemPackage

/// How far long work has come, and whether it is to go on. Called from any thread, often: whoever shows it decides how often.
@safe public final class WorkProgress: Sendable {
  /// A moment of the work: bytes done of bytes in all.
  public struct State: Hashable, Sendable {
    /// In bytes.
    public let done: UInt64
    /// In bytes; 0 where that is not known before the end.
    public let total: UInt64

    package init(done: UInt64, total: UInt64) {
      self.done = done
      self.total = total
    }
  }

  /// Whoever looks on. If it throws, the work stops as if its task had been cancelled: it leaves nothing half written, and
  /// throws a `SalvageError` of the kind `cancelled`.
  public typealias Observer = @Sendable (State) throws -> Void

  private let file: FilePath
  private let total: UInt64
  private let furthest = Atomic<UInt64>(0)
  private let report: Observer?
  /// The task that waits for the work, and so outlives it; nil on a thread of no task. Whether it is cancelled may be asked
  /// from any thread.
  private nonisolated(unsafe) let task: UnsafeCurrentTask?

  package init(on file: FilePath, total: UInt64, report: Observer?) {
    self.file = file
    self.total = total
    self.report = report
    unsafe task = unsafe withUnsafeCurrentTask { unsafe $0 }
  }

  /// Work on the bytes up to `end` is done: holes before it count too, for they needed none. Throws where no more is wanted.
  package func advance(to end: UInt64) throws(SalvageError) {
    do {
      guard unsafe !(task?.isCancelled ?? false) else { throw CancellationError() }
      guard let report else { return }
      let (_, done) = furthest.max(end, ordering: .relaxed)
      try report(State(done: done, total: total))
    } catch {
      throw SalvageError(.cancelled, file: file)
    }
  }
}
