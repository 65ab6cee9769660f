internal import Glibc

/// The turn of several threads to write into one file, so that they don't spin for the kernel's lock of it.
///
/// It keeps the page cache small: what was written is sent to the disk step by step, and a window behind it is waited for
/// and dropped. New pages are dear where the memory is cold (a guest gives it back to its host), and those of others are not
/// to be pushed out by a core that nobody reads from its beginning to its end. What debuggers read first stays: the headers
/// and notes at the beginning, and the last window, where stacks are.
///
/// Not a `Mutex`: whoever waits for one of those lets the kernel spin as long as its owner runs, and a turn takes milliseconds.
@safe package final class WriteTurn: @unchecked Sendable {
  private let output: any WritableFile
  /// Guards all that follows.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// Where it was written since the disk was last told to begin with it, and how many bytes.
  private var pending = 0..<UInt64(0)
  private var pendingBytes: UInt64 = 0
  /// What the disk was told to begin with, the oldest first.
  private var begun: [Range<UInt64>] = []
  /// Enough for the disk to be busy while the next step is made.
  private static let step: UInt64 = 8 << 20
  private static let window = 8  // steps

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
    let due = try inTurn(range, body)
    if let begin = due.begin { output.startWriteback(begin) }
    if let finish = due.finish { try output.finishWriteback(finish) }
  }

  /// Gives what was written once it is worth a word to the disk, and what the disk ought to be done with by then.
  private func inTurn(
    _ range: Range<UInt64>, _ body: () throws(SalvageError) -> Void
  ) throws(SalvageError) -> (begin: Range<UInt64>?, finish: Range<UInt64>?) {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    try body()
    let start = pendingBytes == 0 ? range.lowerBound : min(pending.lowerBound, range.lowerBound)
    pending = start..<max(pending.upperBound, range.upperBound)
    pendingBytes += range.length
    guard pendingBytes >= Self.step else { return (nil, nil) }
    let begin = pending
    pending = 0..<0
    pendingBytes = 0
    // The headers stay.
    if begin.lowerBound > 0 { begun.append(begin) }
    return (begin, begun.count > Self.window ? begun.removeFirst() : nil)
  }
}
