internal import Glibc
internal import SalvageText
internal import Synchronization

/// One line on a terminal that tells how far long work has come. In a pipe it says nothing, unless that was asked for: then a
/// line from time to time.
final class ProgressBar: Sendable {
  private let label: String
  private let isTerminal: Bool
  private let isShown: Bool
  private let start = monotonicSeconds()
  private let shown = Mutex<Double?>(nil)

  /// - Parameter isWanted: nil for where somebody looks, on a terminal.
  init(label: String, isWanted: Bool? = nil) {
    self.label = label
    isTerminal = isatty(STDERR_FILENO) == 1
    isShown = isWanted ?? isTerminal
  }

  /// What the library calls; nil where nobody looks.
  var report: WorkProgress.Observer? {
    isShown ? { @Sendable [self] state in show(state) } : nil
  }

  /// Nothing is shown in the first second, and then five times a second; in a pipe, every ten seconds.
  private func show(_ state: WorkProgress.State) {
    let now = monotonicSeconds()
    guard now - start >= 1 else { return }
    shown.withLock { shown in
      if let last = shown, now - last < (isTerminal ? 0.2 : 10) { return }
      shown = now
      let line = Self.line(label, state, seconds: now - start)
      print(line)
    }
  }

  private static func line(_ label: String, _ state: WorkProgress.State, seconds: Double) -> String
  {
    let rate = Double(state.done) / seconds
    guard state.total > 0 else {
      return "\(label): \(ByteCount(state.done)), \(ByteCount(UInt64(rate)))/s"
    }
    let left = rate > 0 ? Double(state.total - min(state.done, state.total)) / rate : 0
    let percent = Int(Double(state.done) / Double(state.total) * 100)
    return "\(label): \(percent) %, \(ByteCount(state.done)) of \(ByteCount(state.total)),"
      + " \(ByteCount(UInt64(rate)))/s, \(duration(left)) left"
  }

  static func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
  }

  /// Takes the line away.
  func clear() { shown.withLock { if $0 != nil, isTerminal { print("") } } }

  /// Back to the line's beginning, and nothing of the last text after the new one.
  private func print(_ line: String) {
    let bytes = Array((isTerminal ? "\r\u{1b}[K\(line)" : "\(line)\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Seconds on the clock that only goes forward.
func monotonicSeconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
