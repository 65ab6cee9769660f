internal import Glibc

/// The turn of several threads to write into one file, so that they don't spin for the kernel's lock of it.
///
/// Not a `Mutex`: whoever waits for one of those lets the kernel spin as long as its owner runs, and a turn takes milliseconds.
@safe package final class WriteTurn: @unchecked Sendable {
  private let output: any WritableFile
  /// Guards `pending`.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// What was written since the disk was last told to begin with it.
  private var pending = 0..<UInt64(0)
  private static let mostPending: UInt64 = 32 << 20

  package init(_ output: any WritableFile) {
    self.output = output
    unsafe pthread_mutex_init(lock, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(lock)
    unsafe lock.deallocate()
  }

  /// Runs `body`, which writes that range, when it's this thread's turn.
  package func write(
    _ range: Range<UInt64>, _ body: () throws(SalvageError) -> Void
  ) throws(SalvageError) {
    // The next one writes while this one talks to the disk.
    if let due = try inTurn(range, body) { output.startWriteback(due) }
  }

  /// Gives all ranges that were written once they are worth a word to the disk.
  private func inTurn(
    _ range: Range<UInt64>, _ body: () throws(SalvageError) -> Void
  ) throws(SalvageError) -> Range<UInt64>? {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    try body()
    let start = pending.isEmpty ? range.lowerBound : min(pending.lowerBound, range.lowerBound)
    pending = start..<max(pending.upperBound, range.upperBound)
    guard pending.length >= Self.mostPending else { return nil }
    defer { pending = 0..<0 }
    return pending
  }
}
