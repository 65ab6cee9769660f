internal import CLinux
internal import CoreIO
internal import ELFCore
package import CoreModel
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Watches who sends SIGKILL to whom, on the whole machine, for as long as it is there.
///
/// Times are nanoseconds of CLOCK_MONOTONIC. Process ids are those of the initial pid namespace.
package final class SignalTrace: Sendable {
  private let state = Mutex(KillLedger())
  private let isOver = Atomic<Bool>(false)
  private let hasStarted = Atomic<Bool>(false)
  private let failure = Mutex<SalvageError?>(nil)
  /// By what a sender that is gone at once has a name: nil where that is still being made, and nothing in it where it can't be
  /// had.
  private let ends = Mutex<ExitTrace??>(nil)
  private let stopping: (read: FileDescriptor, write: FileDescriptor)

  /// How long the line of a kill that is known to have happened may take to come to us.
  private static let patience = 50_000
  private static let pause = 1000

  /// Starts to watch. It takes some milliseconds until signals are seen, and nobody waits for that. nil where that can't be had;
  /// `because` is told in words why.
  package init?(because tell: (String) -> Void = { _ in }) {
    guard let place = TraceInstance.place else {
      tell(
        geteuid() == 0
          ? "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing"
          : "tracing is for root alone")
      return nil
    }
    guard let ends = try? FileDescriptor.pipe() else {
      tell("there are no more file descriptors")
      return nil
    }
    stopping = (ends.readEnd, ends.writeEnd)
    for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    guard BackgroundThread.start({ [weak self] in self?.watch(in: place) }) else {
      tell("there are no more threads")
      return nil
    }
  }

  deinit {
    try? stopping.read.close()
    try? stopping.write.close()
  }

  /// Ends the watch and takes away what stands for it in tracefs. What was seen can still be asked for.
  package func stop() {
    _ = try? stopping.write.writeAll([0])
    // It takes the kernel some 50 ms to do away with an instance.
    for _ in 0..<2000 where !isOver.load(ordering: .acquiring) { usleep(1000) }
  }

  /// Why nothing is seen; nil where all is well.
  package var obstacle: SalvageError? { failure.withLock { $0 } }

  /// Whether signals are seen.
  package var isAtWork: Bool {
    hasStarted.load(ordering: .acquiring) && !isOver.load(ordering: .acquiring)
  }

  /// Waits until signals are seen and senders that are gone have names, or never will be. The kernel makes what that needs in
  /// some milliseconds, but others may be before us.
  package func waitUntilReady() {
    for _ in 0..<Self.longestStart
    where ends.withLock({ $0 == nil }) && !isOver.load(ordering: .acquiring) {
      usleep(1000)
    }
  }

  /// In milliseconds.
  private static let longestStart = 10_000

  /// Who killed a process that is known to have ended; nil where nothing tells.
  ///
  /// - Parameter threads: its threads, for a signal can name one of them.
  /// - Parameter start: when its dump was handed over. A signal may have come just before.
  /// - Parameter end: when it was seen to have ended.
  /// - Parameter crash: the instant that the kill's time is counted from; `start` where that is nil.
  package func kill(
    of processID: UInt32, threads: Set<UInt32> = [], since start: UInt64, until end: UInt64,
    crashedAt crash: UInt64? = nil
  ) -> CaptureRecord.Kill? {
    let targets = threads.union([processID])
    let span = (start - min(start, Self.lead))...max(start, end &+ Self.slack)
    var waited = 0
    while true {
      let (kill, isFinal) = state.withLock { ledger -> (CaptureRecord.Kill?, Bool) in
        guard let entry = ledger.entry(for: targets, in: span) else { return (nil, false) }
        let isFinal = !ledger.awaitsMore(entry) && ledger.unsettled(entry) == nil
        return (ledger.kill(entry, since: crash ?? start), isFinal)
      }
      // What is known to be on its way is waited for longer.
      let patience = kill == nil ? Self.patience : 4 * Self.patience
      if isFinal || waited >= patience || isOver.load(ordering: .acquiring) { return kill }
      usleep(UInt32(Self.pause))
      waited += Self.pause
    }
  }

  /// The trace's clock is cut to microseconds.
  private static let slack: UInt64 = 1_000_000
  /// A crash may have waited for us, and its process have been killed meanwhile. An earlier SIGKILL is none of this process: it
  /// would have had no crash any more.
  private static let lead: UInt64 = 1_000_000_000

  // MARK: The thread

  private func watch(in place: FilePath) {
    defer { isOver.store(true, ordering: .releasing) }
    // A sender is there for a millisecond, and dumps keep all processors busy.
    BackgroundThread.setNice(-10)
    do throws(SalvageError) {
      let instance = try TraceInstance.make(in: place)
      hasStarted.store(true, ordering: .releasing)
      // Signals come already, and the kernel takes its time.
      let isMaking = BackgroundThread.start {
        let made = ExitTrace.make(in: place)
        self.ends.withLock { $0 = .some(made) }
      }
      if !isMaking { ends.withLock { $0 = .some(nil) } }
      read(instance.pipe)
      instance.remove()
      while ends.withLock({ $0 == nil }) { usleep(UInt32(Self.pause)) }
      ends.withLock { $0??.remove() }
    } catch {
      failure.withLock { $0 = error }
    }
  }

  private func read(_ pipe: FileDescriptor) {
    var lines = SignalLines()
    var last: (task: UInt32, time: UInt64, facts: SenderFacts)?
    var unsettled: [SignalLine] = []
    var isAsked = false
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { (try? unsafe pipe.read(into: $0)) ?? 0 }
      for line in lines.take(buffer[..<count]) {
        if note(line, &last) == .line { unsettled.append(line) }
      }
      if unsettled.count >= Self.mostUnsettled { settle(&unsettled) }
      guard count == 0 else { continue }
      // The numbers of those that are gone are given out again: whose they were is found out soon.
      let wait = unsettled.isEmpty ? Self.longWait : isAsked ? Self.nextLook : Self.firstLook
      switch linux_wait_either(stopping.read.rawValue, pipe.rawValue, wait) {
      case 1: return
      case 2: isAsked = false
      default:
        settle(&unsettled)
        isAsked = true
      }
    }
  }

  /// In milliseconds: while all is quiet; before a sender that is gone is looked for; and before it is again.
  private static let longWait: Int32 = 1000
  private static let firstLook: Int32 = 2
  private static let nextLook: Int32 = 20

  private static let mostUnsettled = 64

  /// Finds out whose tasks sent signals. The kernel notes that when a task leaves the processor, which one that is gone from
  /// /proc may have yet to do: what can't be told yet of the younger ones stays to be asked again.
  private func settle(_ lines: inout [SignalLine]) {
    guard !lines.isEmpty else { return }
    let tasks = TracedTasks()
    let ended = ends.withLock { $0 }??.text
    let now = monotonicMicroseconds() * 1000
    lines.removeAll { line in
      var facts = SenderFacts(line)
      if facts.evidence == .line {
        facts.settle(tasks.process(of: line.task), line) { process in
          ended.flatMap { ExitTrace.name(of: process, sendingAt: line.time, in: $0) }
        }
      }
      let isKnown = facts.evidence != .missing && !facts.sender.name.isEmpty
      guard isKnown || now > line.time +| Self.longestEnd else { return false }
      state.withLock { $0.settle(line, facts) }
      return true
    }
  }

  /// How long a task that ends may wait for a processor, in nanoseconds.
  private static let longestEnd: UInt64 = 150_000_000

  private func note(
    _ line: SignalLine, _ last: inout (task: UInt32, time: UInt64, facts: SenderFacts)?
  ) -> SenderFacts.Evidence {
    guard case .kill = line.event else {
      state.withLock { $0.add(victim: line) }
      return .seen
    }
    // A cgroup that is killed is thousands of lines by one sender.
    let facts: SenderFacts
    if let last, last.task == line.task, line.time >= last.time, line.time - last.time < 20_000_000
    {
      facts = last.facts
    } else {
      facts = SenderFacts(line)
      last = (line.task, line.time, facts)
    }
    state.withLock { $0.add(line, facts) }
    return facts.evidence
  }
}
