internal import CLinux
internal import CoreIO
internal import Glibc
public import SystemPackage

/// A process that lives as long as a daemon does, and gives the kernel's settings back when that one is killed.
///
/// It has the reading end of a pipe whose writing end only the daemon has: the pipe ends with the daemon, however that ends.
public struct PatternWatch: Sendable {
  private let process: Int32
  private let writeEnd: FileDescriptor

  /// Starts it, as `coresalvage capture watch`.
  init(state: FilePath, kernel: FilePath) throws(SalvageError) {
    let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    do {
      ends = try FileDescriptor.pipe()
    } catch {
      throw SalvageError(.io(CoreIO.errno(of: error), call: "pipe"), file: state)
    }
    for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    defer { try? ends.readEnd.close() }
    let owner = PreviousSettings.Owner.own
    do throws(SalvageError) {
      process = try ChildProcess.start(
        ChildProcess.ownProgram,
        ["capture", "watch", state.string, "\(owner.process)", "\(owner.start)"],
        input: ends.readEnd, inOwnSession: true)
    } catch {
      try? ends.writeEnd.close()
      throw error
    }
    writeEnd = ends.writeEnd
  }

  /// Ends it. It changes nothing any more where everything was given back.
  func end() {
    try? writeEnd.close()
    _ = ChildProcess.wait(for: process)
  }

  /// What it does: waits for the end of standard input, then gives back what that owner has left.
  ///
  /// `state` is the folder in which it is remembered.
  /// `process` is the daemon, and `start` when it began, as /proc/PID/stat has it.
  public static func run(state: FilePath, process: Int32, start: UInt64) throws(SalvageError) {
    _ = linux_forbid_own_core()
    // Whoever stops the daemon's group or session must not end its watch before it.
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    _ = unsafe chdir("/")
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(0, &byte, 1)
      if count == 0 || count < 0 && Glibc.errno != EINTR { break }
    }
    let owner = PreviousSettings.Owner(process: process, start: start)
    _ = try PatternKeeper.restore(state: state, kernel: DumpSettings.folder, owner: owner)
    if let place = TraceInstance.place { TraceInstance.removeStale(in: place) }
  }
}
