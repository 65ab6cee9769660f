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
  /// Of many processors.
  private static let mostBytes = 32 << 20

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

  /// One of them.
  struct End: Hashable, Sendable {
    let task: UInt32
    let name: [UInt8]
    /// On the monotonic clock.
    let time: UInt64
  }

  /// What a task was called that sent a signal at a time on the monotonic clock and is gone by now; nil where that isn't known.
  static func name(of task: UInt32, sendingAt time: UInt64, in ends: [End]) -> [UInt8]? {
    let ends = ends.filter { $0.task == task && $0.time +| ending >= time }
    // One that takes others with it, as the init of a namespace does, sends that while it ends.
    let after = ends.filter { $0.time >= time }.min { $0.time < $1.time }
    return (after ?? ends.max { $0.time < $1.time })?.name
  }

  /// How long before its signal a task may have begun to end, in nanoseconds.
  private static let ending: UInt64 = 20_000_000

  /// All that are known now.
  var ends: [End] {
    var result: [End] = []
    guard
      let file = try? FileDescriptor.open(
        folder.appending("trace"), .readOnly, options: .closeOnExec)
    else { return [] }
    defer { try? file.close() }
    var rest: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    var read = 0
    while read < Self.mostBytes {
      let count = unsafe part.withUnsafeMutableBytes { (try? unsafe file.read(into: $0)) ?? 0 }
      guard count > 0 else { break }
      read += count
      let lines = (rest + part[..<count]).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = lines.last.map { Array($0.suffix(1024)) } ?? []
      for text in lines.dropLast() {
        guard let line = SignalLine(text), case .exit(let task, let name) = line.event else {
          continue
        }
        result.append(End(task: task, name: name, time: line.time))
      }
    }
    return result
  }
}
