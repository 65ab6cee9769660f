internal import CoreModel

/// The SIGKILLs of the last time, of all processes, and what follows from them for one.
struct KillLedger: Sendable {
  /// One SIGKILL.
  struct Entry: Hashable, Sendable {
    let line: SignalLine
    var facts: SenderFacts
    let target: UInt32
    let code: Int
    let isForGroup: Bool
    let isDelivered: Bool
  }

  private(set) var entries: [Entry] = []
  private var victims: [SignalLine] = []

  /// How many are kept. A cgroup of thousands of processes that is killed must not push its own killer's killer out.
  private static let limit = 8192
  /// How long before it sent a signal one must have been killed for that to be a reason, in nanoseconds.
  private static let reach: UInt64 = 10_000_000_000
  /// The kernel's own code for a signal: SI_KERNEL.
  private static let kernelCode = 128
  /// tkill(2) and its like: SI_TKILL.
  private static let threadCode = -6

  mutating func add(_ line: SignalLine, _ facts: SenderFacts) {
    guard case .kill(let target, let code, let isForGroup, let result) = line.event else { return }
    if entries.count == Self.limit { entries.removeFirst(Self.limit / 4) }
    entries.append(
      Entry(
        line: line, facts: facts, target: target, code: code, isForGroup: isForGroup,
        isDelivered: result == 0))
  }

  mutating func add(victim line: SignalLine) {
    if victims.count == 256 { victims.removeFirst(64) }
    victims.append(line)
  }

  /// The first SIGKILL that was delivered to one of these tasks in a span of the monotonic clock. Others don't count: it was
  /// dying already.
  func entry(for targets: Set<UInt32>, in span: ClosedRange<UInt64>) -> Entry? {
    entries.first {
      $0.isDelivered && targets.contains($0.target) && span.contains($0.line.time)
    }
  }

  /// Whether the OOM killer's own word for it has come: it follows the signal.
  func isVictim(_ entry: Entry) -> Bool {
    victims.contains { line in
      guard case .victim(let target) = line.event, line.task == entry.line.task else {
        return false
      }
      // Others that share the victim's memory are killed in the same breath, without a word of their own.
      return target == entry.target || distance(line.time, entry.line.time) < 1_000_000_000
    }
  }

  /// Whether what sent it can be told only once more has come.
  func awaitsMore(_ entry: Entry) -> Bool { entry.code == Self.kernelCode && !isVictim(entry) }

  /// What became of a process by this signal. `start` is when its crash was handed over.
  func kill(_ entry: Entry, since start: UInt64) -> CaptureRecord.Kill {
    let after = entry.line.time - min(entry.line.time, start)
    // Whose task it was is not known of one that was gone, and not of those before it either.
    let senders = chain(to: entry).map(\.facts).prefix {
      $0.evidence == .seen || $0.evidence == .recorded
    }.map(\.sender)
    return CaptureRecord.Kill(kind: kind(of: entry), microseconds: after / 1000, senders: senders)
  }

  /// The first signal on the way to this one whose sender's process only its own line tells.
  func unsettled(_ entry: Entry) -> SignalLine? {
    chain(to: entry).first { $0.facts.evidence == .line }?.line
  }

  /// Says whose task sent a signal.
  mutating func settle(_ line: SignalLine, _ facts: SenderFacts) {
    for index in entries.indices where entries[index].line == line { entries[index].facts = facts }
  }

  private func kind(of entry: Entry) -> CaptureRecord.Kill.Kind {
    guard entry.code == Self.kernelCode else {
      // cgroup.kill names tasks one by one, without a sender's name in the signal; kill(2) names whole processes.
      return entry.isForGroup || entry.code == Self.threadCode ? .signal : .cgroup
    }
    if isVictim(entry) { return .oom }
    if entry.facts.isContainedInit == true { return .namespace }
    // The kernel on a task's own behalf: a limit of time, a system call that is forbidden. Nobody sent it.
    if entry.line.task == entry.target || entry.facts.sender.processID == entry.target {
      return .unknown
    }
    // The init that ends waits for those it kills, and so is there as a rule; a tracer that ends is not one.
    return entry.facts.isContainedInit == nil ? .namespace : .signal
  }

  /// The signal; the one that had killed its sender shortly before; and so on.
  private func chain(to first: Entry) -> [Entry] {
    guard kind(of: first) != .unknown else { return [] }
    var result = [first]
    guard kind(of: first) != .oom else { return result }
    var seen: Set<UInt32> = [first.target, first.facts.sender.processID]
    var last = first
    while result.count < 8, last.facts.evidence != .missing {
      let end = last.line.time
      let span = (end - min(end, Self.reach))...end
      guard let next = entry(for: [last.facts.sender.processID, last.line.task], in: span),
        kind(of: next) != .unknown, seen.insert(next.facts.sender.processID).inserted
      else { break }
      result.append(next)
      last = next
    }
    return result
  }

  private func distance(_ first: UInt64, _ second: UInt64) -> UInt64 {
    max(first, second) - min(first, second)
  }
}
