internal import Glibc
internal import SalvageText
internal import Synchronization

/// Shows a batch as it runs: on a terminal a bar for all of it and a line for each core under way; elsewhere a line for
/// each that is finished, or JSON.
final class BatchView: Sendable {
  private let json: Bool
  private let quiet: Bool
  private let verbose: Bool
  private let channel: StandardStream
  private let isTerminal: Bool
  /// Whether a line is to tell from time to time where no bar can be drawn.
  private let tellsProgress: Bool
  private let state: Mutex<State>

  private struct State {
    var progress = BatchProgress()
    /// How many lines stand on the screen that the next ones go over.
    var drawn = 0
    var lastDrawn = 0.0
  }

  init(
    _ flags: ReportFlags, isVerbose: Bool, progress: Bool?, isRehearsal: Bool,
    channel: StandardStream
  ) {
    json = flags.json
    quiet = flags.quiet
    verbose = isVerbose
    self.channel = channel
    isTerminal =
      !json && !quiet && !isRehearsal && progress ?? true && isatty(STDOUT_FILENO) == 1
      && isatty(STDERR_FILENO) == 1
    tellsProgress = progress == true && !isTerminal
    state = Mutex(State())
  }

  /// Called for one event after another.
  func show(_ event: BatchEvent) {
    if json, !quiet {
      if let object = event.json { Console.report(object, to: channel) }
      guard tellsProgress else { return }
      return state.withLock { state in
        state.progress.note(event)
        draw(&state)
      }
    }
    state.withLock { state in
      state.progress.note(event)
      switch event {
      case .surveyed(let survey) where !quiet: say(survey.description, &state)
      case .finished(let record): tell(record, &state)
      case .ended(let tally):
        clear(&state)
        if !quiet { Console.print(tally.description, to: channel) }
      case .surveying, .ticked: draw(&state)
      default: break
      }
    }
  }

  /// A line for what was finished: always where something is wrong, else where there is no bar.
  private func tell(_ record: BatchRecord, _ state: inout State) {
    guard !quiet || record.error != nil,
      let line = record.line ?? (verbose && !quiet ? record.passedLine : nil)
    else { return }
    if record.error != nil {
      clear(&state)
      Console.complain(line)
    } else if !quiet, !isTerminal || verbose {
      say(line, &state)
    }
  }

  private func say(_ text: String, _ state: inout State) {
    clear(&state)
    Console.print(text, to: channel)
  }

  // MARK: The bar

  private func clear(_ state: inout State) {
    guard state.drawn > 0 else { return }
    Self.put("\r\u{1b}[\(state.drawn)A\u{1b}[J")
    state.drawn = 0
  }

  /// Five times a second. Lines that are too long for the terminal are cut by it, not wrapped.
  private func draw(_ state: inout State) {
    let now = monotonicSeconds()
    guard isTerminal || tellsProgress, now - state.lastDrawn >= (isTerminal ? 0.2 : 10) else {
      return
    }
    state.lastDrawn = now
    let lines = state.progress.lines(at: now)
    guard isTerminal else { return Self.put(lines[0] + "\n") }
    let up = state.drawn > 0 ? "\r\u{1b}[\(state.drawn)A" : ""
    Self.put("\u{1b}[?7l\(up)" + lines.map { "\u{1b}[K\($0)\n" }.joined() + "\u{1b}[J\u{1b}[?7h")
    state.drawn = lines.count
  }

  private static func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
