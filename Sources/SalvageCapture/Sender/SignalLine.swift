/// A line of the kernel's trace that tells of a SIGKILL, or of a victim of the OOM killer.
///
///     kill-6585    (   6585) [001] d..1. 31834.497173: signal_generate: sig=9 errno=0 code=0 comm=sleep pid=6572 grp=1 res=0
///     python3-6728 (   6728) [000] .N.1. 31878.652371: mark_victim: pid=6728 comm=python3 total-vm=…
///
/// Both short names in it are the choice of strangers, up to 15 bytes of anything but NUL. Everything else is found from
/// the events' names outwards, which are longer than that.
struct SignalLine: Hashable, Sendable {
  enum Event: Hashable, Sendable {
    /// A SIGKILL for a task. `code` is si_code: 0 by kill(2), 128 by the kernel. `result` 0: it was delivered.
    case kill(target: UInt32, code: Int, isForGroup: Bool, result: Int)
    /// The OOM killer chose a process.
    case victim(target: UInt32)
    /// A task ended, and was named so: the name is the event's own.
    case exit(task: UInt32, name: [UInt8])
  }

  let event: Event
  /// On the monotonic clock, in nanoseconds.
  let time: UInt64
  /// The task that was running, in the initial pid namespace.
  let task: UInt32
  /// The process that it belongs to; nil where the kernel doesn't know.
  let process: UInt32?
  /// Its short name, as far as the kernel's list has it: nil for none, and for a moment that of an earlier task of the same
  /// number.
  let name: [UInt8]?

  private static let killMarker = Array(" signal_generate: sig=9 ".utf8)
  private static let victimMarker = Array(" mark_victim: pid=".utf8)
  private static let exitMarker = Array(" sched_process_exit: comm=".utf8)
  private static let nameLimit = 15

  /// nil for every other line, and for one that a line end in a name has cut.
  init?(_ line: ArraySlice<UInt8>) {
    let end: Int
    if let place = line.lastPlace(of: Self.killMarker) {
      guard let kill = Self.kill(line[(place + Self.killMarker.count)...]) else { return nil }
      event = kill
      end = place
    } else if let place = line.lastPlace(of: Self.victimMarker) {
      let rest = line[(place + Self.victimMarker.count)...]
      guard let target = UInt32(digits: rest.prefix { $0 != .space }) else { return nil }
      event = .victim(target: target)
      end = place
    } else if let place = line.lastPlace(of: Self.exitMarker) {
      guard let exit = Self.exit(line[(place + Self.exitMarker.count)...]) else { return nil }
      event = exit
      end = place
    } else {
      return nil
    }
    var rest = line[..<end]
    guard let time = Self.takeTime(&rest) else { return nil }
    self.time = time
    // The flags, then the processor.
    guard rest.takeWord() != nil, rest.takeWord()?.last == UInt8(ascii: "]") else { return nil }
    process = Self.takeProcess(&rest)
    guard let dash = rest.lastIndex(of: UInt8(ascii: "-")),
      let task = UInt32(digits: rest[(dash + 1)...])
    else { return nil }
    self.task = task
    let name = rest[..<dash].drop { $0 == .space }.suffix(Self.nameLimit)
    self.name = name.elementsEqual("<...>".utf8) ? nil : Array(name)
  }

  /// The numbers after the target's name, from the end of the line.
  private static func kill(_ fields: ArraySlice<UInt8>) -> Event? {
    var rest = fields
    guard let result = rest.takeField("res="), let group = rest.takeField("grp="),
      let target = rest.takeField("pid="), let targetID = UInt32(exactly: target)
    else { return nil }
    let marker = Array("code=".utf8)
    guard let place = rest.firstPlace(of: marker),
      let code = Int(digits: rest[(place + marker.count)...].prefix { $0 != .space })
    else { return nil }
    return .kill(target: targetID, code: code, isForGroup: group != 0, result: result)
  }

  /// `kill pid=6585 prio=120`, and what later kernels have behind it.
  private static func exit(_ fields: ArraySlice<UInt8>) -> Event? {
    var rest = fields
    while let word = rest.takeWord() {
      guard word.starts(with: "pid=".utf8) else { continue }
      guard let task = UInt32(digits: word.dropFirst(4)) else { return nil }
      return .exit(task: task, name: Array(rest))
    }
    return nil
  }

  /// `31834.497173:`
  private static func takeTime(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    guard let word = rest.takeWord(), word.last == UInt8(ascii: ":") else { return nil }
    let parts = word.dropLast().split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count == 6, let seconds = UInt64(digits: parts[0]),
      let microseconds = UInt64(digits: parts[1]), seconds < 1 << 33
    else { return nil }
    return seconds * 1_000_000_000 + microseconds * 1000
  }

  /// `(  29886)`, `(-------)`, or nothing.
  private static func takeProcess(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
    rest.trimEnd()
    guard rest.last == UInt8(ascii: ")"), let start = rest.lastIndex(of: UInt8(ascii: "(")) else {
      return nil
    }
    let number = rest[(start + 1)...].dropLast().drop { $0 == .space }
    rest = rest[..<start]
    rest.trimEnd()
    return UInt32(digits: number)
  }
}

extension UInt8 {
  fileprivate static let space = UInt8(ascii: " ")
}

extension FixedWidthInteger {
  fileprivate init?(digits: ArraySlice<UInt8>) {
    self.init(String(decoding: digits, as: UTF8.self))
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func trimEnd() { while last == .space { removeLast() } }

  /// Takes the last word.
  fileprivate mutating func takeWord() -> ArraySlice<UInt8>? {
    trimEnd()
    guard let end = lastIndex(of: .space) else { return nil }
    let word = self[(end + 1)...]
    self = self[..<end]
    return word
  }

  /// Takes the last word, which must be this field with a number.
  fileprivate mutating func takeField(_ title: String) -> Int? {
    guard let word = takeWord(), word.starts(with: title.utf8) else { return nil }
    return Int(digits: word.dropFirst(title.utf8.count))
  }

  fileprivate func firstPlace(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count else { return nil }
    return (startIndex...endIndex - pattern.count).first { self[$0...].starts(with: pattern) }
  }

  fileprivate func lastPlace(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count else { return nil }
    return (startIndex...endIndex - pattern.count).last { self[$0...].starts(with: pattern) }
  }
}
