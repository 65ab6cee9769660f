internal import CLinux
internal import CoreIO
internal import CoreModel
internal import Glibc
internal import SystemPackage

/// Who sent a signal, from the trace and from /proc, as long as it is there.
struct SenderFacts: Hashable, Sendable {
  /// What says which process a task belongs to.
  enum Evidence: Hashable, Sendable {
    /// /proc, while the task was there, with its process's name.
    case seen
    /// The kernel's list of tasks that were traced.
    case recorded
    /// Only the line itself. The kernel fills the list when the task leaves the processor: before that, the line has no
    /// process, or that of an earlier task of the same number.
    case line
    /// Nothing.
    case missing
  }

  var sender: CaptureRecord.Sender
  private(set) var evidence = Evidence.line
  /// Whether it is the init of a pid namespace inside ours; nil where it was gone.
  var isContainedInit: Bool?

  /// Whether /proc said which process the task belongs to.
  private var isProcessSeen = false

  private static let commandLineLimit = 4096

  /// Asks for the task of a line at once: a command like kill(1) is gone within a millisecond. The line's own name is not
  /// taken: it may be that of an earlier task of the same number.
  init(_ line: SignalLine, in place: FilePath = "/proc") {
    sender = CaptureRecord.Sender(processID: line.process ?? line.task, name: [])
    take(line, in: place)
    // One that was gone in the middle of it may have its name from elsewhere.
    if sender.name.isEmpty { evidence = .line }
  }

  /// Says whose task it was that is gone: nil where no list tells. `name` is what a process was called when it ended.
  mutating func settle(
    _ process: UInt32?, _ line: SignalLine, name: (UInt32) -> [UInt8]? = { _ in nil }
  ) {
    guard let process = isProcessSeen ? sender.processID : process else {
      evidence = .missing
      return
    }
    evidence = .recorded
    sender.processID = process
    sender.name = name(process) ?? []
    if process != line.task { take(line, from: process) }
  }

  /// What /proc has of a task of the line's sender.
  private mutating func take(
    _ line: SignalLine, from task: UInt32? = nil, in place: FilePath = "/proc"
  ) {
    let task = task ?? line.task
    guard let (folder, name) = Self.open(task, aliveAt: line.time, in: place) else { return }
    defer { try? folder.close() }
    fill(folder)
    // The process's name is what people look for, not a thread's.
    if sender.processID == task {
      sender.name = name
    } else if let leader = Self.open(sender.processID, aliveAt: line.time, in: place) {
      try? leader.folder.close()
      sender.name = leader.name
    }
  }

  private mutating func fill(_ folder: FileDescriptor) {
    if let status = ProcFile.contents("status", in: folder, most: 16 << 10).map(StatusFile.init) {
      sender.userID = status.userIDs.first
      if let process = status.processID {
        sender.processID = process
        isProcessSeen = true
        evidence = .seen
      }
      if !status.nestedIDs.isEmpty { isContainedInit = status.isContainedInit }
    }
    sender.commandLine =
      ProcFile.contents("cmdline", in: folder, most: Self.commandLineLimit) ?? []
    if let file = ProcFile.contents("cgroup", in: folder, most: 16 << 10) {
      sender.cgroup = CgroupPath(file: file)?.path ?? []
    }
  }

  /// /proc/ID of a task that was there at a time on the monotonic clock: numbers are used again. Its name comes with it: by the
  /// next file that is read, the task may be gone.
  private static func open(
    _ id: UInt32, aliveAt time: UInt64, in place: FilePath
  ) -> (folder: FileDescriptor, name: [UInt8])? {
    let number = unsafe linux_open_folder(place.appending(String(id)).string)
    guard number >= 0 else { return nil }
    let folder = FileDescriptor(rawValue: number)
    guard let stat = ProcFile.contents("stat", in: folder, most: 4096),
      let start = startTime(stat, asleep: timeAsleep(), ticksPerSecond: ticksPerSecond),
      start <= time
    else {
      try? folder.close()
      return nil
    }
    return (folder, name(stat))
  }

  /// What a task is called: field 2 of its stat, in brackets. It may have brackets itself.
  static func name(_ stat: [UInt8]) -> [UInt8] {
    guard let start = stat.firstIndex(of: UInt8(ascii: "(")),
      let end = stat.lastIndex(of: UInt8(ascii: ")")), start < end
    else { return [] }
    return Array(stat[(start + 1)..<end])
  }

  /// When a task began, in nanoseconds of the monotonic clock: field 22 of its stat, rounded down to a tick.
  static func startTime(_ stat: [UInt8], asleep: UInt64, ticksPerSecond: UInt64) -> UInt64? {
    // The name before the last bracket may hold anything.
    guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = UInt64(String(decoding: fields[19], as: UTF8.self)),
      ticksPerSecond > 0
    else { return nil }
    let (scaled, isTooLarge) = ticks.multipliedReportingOverflow(by: 1_000_000_000)
    guard !isTooLarge else { return nil }
    let time = scaled / ticksPerSecond
    return time - min(time, asleep)
  }

  private static let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))

  /// How long the machine slept since its start: processes' times count that, the monotonic clock doesn't.
  private static func timeAsleep() -> UInt64 {
    let awake = nanoseconds(of: CLOCK_MONOTONIC)
    let all = nanoseconds(of: CLOCK_BOOTTIME)
    return all - min(all, awake)
  }

  private static func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
