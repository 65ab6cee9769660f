internal import CoreIO
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// What the last tasks to end were called, from a part of the kernel's tracing that nobody reads until it is asked for: the
/// events have the names in them, where a list of names by number may have an earlier task's.
struct ExitTrace: Sendable {
  private let folder: FilePath

  /// In KiB, for each processor: some 2,500 ends.
  private static let size = "256"

  /// Makes one and turns it on; nil where that can't be had.
  static func make(in place: FilePath) -> ExitTrace? {
    guard let folder = TraceInstance.makeBeside(in: place, for: "ends") else { return nil }
    do throws(SalvageError) {
      try TraceInstance.write("mono", to: folder.appending("trace_clock"))
      try? TraceInstance.write(size, to: folder.appending("buffer_size_kb"))
      try? TraceInstance.write("0", to: folder.appending("options/record-cmd"))
      try TraceInstance.write("1", to: folder.appending("events/sched/sched_process_exit/enable"))
    } catch {
      TraceInstance.remove(folder)
      return nil
    }
    return ExitTrace(folder: folder)
  }

  /// Takes it away.
  func remove() { TraceInstance.remove(folder) }

  /// All that is known now; nil where it can't be read.
  var text: TraceText? { TraceText("trace", in: folder) }

  /// What a task was called that sent a signal at a time on the monotonic clock and is gone by now; nil where the text of a
  /// trace doesn't tell.
  static func name(of task: UInt32, sendingAt time: UInt64, in text: TraceText) -> [UInt8]? {
    var name: [UInt8]?
    var last: UInt64 = 0
    for text in text.lines(with: " pid=\(task) ") {
      guard let line = SignalLine(text), case .exit(task, let ended) = line.event else { continue }
      // One that takes others with it, as the init of a namespace does, sends that while it ends. Later tasks of its number
      // did not send it.
      guard line.time +| ending >= time, last < time, line.time >= last else { continue }
      (name, last) = (ended, line.time)
    }
    return name
  }

  /// How long before its signal a task may have begun to end, in nanoseconds.
  private static let ending: UInt64 = 20_000_000
}
