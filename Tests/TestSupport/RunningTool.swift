import Glibc
import Synchronization
import SystemPackage

/// A program that is running. Whoever made it calls `finish()`, which waits for its end.
public final class RunningTool {
  public let processID: pid_t
  private let tool: Tool
  private let start = ContinuousClock.now
  private var channels: ToolChannels

  public init(_ tool: Tool) throws {
    self.tool = tool
    (channels, processID) = try ToolSpawn.lock.withLock { _ in
      var channels = try ToolChannels(tool)
      defer { channels.closeChildEnds() }
      return (channels, try ToolSpawn.spawn(tool, channels))
    }
  }

  /// Sends a signal to the program and to all children that stayed in its session's first group.
  public func send(_ signal: Int32) {
    Glibc.kill(-processID, signal)
  }

  /// Reads and writes until the program has ended.
  ///
  /// A grandchild that keeps a pipe open can't hold this up: 0.3 s after the end what was read is
  /// returned.
  public func finish() throws -> ToolResult {
    let deadline = start + tool.timeout
    var timedOut = false
    var ended: (status: Int32, at: ContinuousClock.Instant)?
    while true {
      let now = ContinuousClock.now
      if let ended, !channels.isOpen || now > ended.at + .milliseconds(300) {
        return result(ended.status, ended.at, timedOut)
      }
      if ended == nil, !timedOut, now >= deadline {
        timedOut = true
        send(tool.timeoutSignal)
      }
      channels.exchange(waiting: timedOut ? .milliseconds(5) : min(pause(at: now), deadline - now))
      if ended == nil { ended = try reap() }
    }
  }

  /// Long waits for long runs: the end of a program that has closed its pipes shows only to
  /// `waitpid`.
  private func pause(at now: ContinuousClock.Instant) -> Duration {
    now - start < .milliseconds(100) ? .milliseconds(1) : .milliseconds(10)
  }

  private func reap() throws -> (status: Int32, at: ContinuousClock.Instant)? {
    var status: Int32 = 0
    switch waitpid(processID, &status, WNOHANG) {
    case 0: return nil
    case processID: return (status, ContinuousClock.now)
    default:
      guard errno == EINTR else {
        throw ReferenceError.system("waitpid \(tool.commandLine)", errno)
      }
      return nil
    }
  }

  private func result(
    _ status: Int32, _ end: ContinuousClock.Instant, _ timedOut: Bool
  ) -> ToolResult {
    let signal = status & 0x7f
    return ToolResult(
      ending: signal == 0
        ? .exit(status >> 8 & 0xff) : .signal(signal, dumpedCore: status & 0x80 != 0),
      output: channels.output, errorOutput: channels.errorOutput, processID: processID,
      timedOut: timedOut, duration: end - start)
  }
}
