import Glibc
import SystemPackage

/// Two ends of a stream: one for a program that is run, one for the test, which decides when what comes, and how it ends.
public struct StreamPair {
  /// What the program reads from, or writes to.
  public let program: FileDescriptor
  public let ours: FileDescriptor

  /// A pipe that the program reads, or writes where `reversed`.
  public static func pipe(reversed: Bool = false) throws -> StreamPair {
    let ends = try ToolSpawn.lock.withLock { _ in try ToolChannels.pipe() }
    return reversed
      ? StreamPair(program: ends.write, ours: ends.read)
      : StreamPair(program: ends.read, ours: ends.write)
  }

  /// A connection whose end will be an error: once all was read, `Connection reset by peer`, for something that the program's
  /// side had sent is never read.
  public static func failing() throws -> StreamPair {
    try ToolSpawn.lock.withLock { _ in
      var ends: [Int32] = [-1, -1]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
        throw ReferenceError.system("socketpair", errno)
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let pair = StreamPair(
        program: FileDescriptor(rawValue: ends[0]), ours: FileDescriptor(rawValue: ends[1]))
      _ = try pair.program.writeAll([1])
      return pair
    }
  }

  /// From now on, neither reading nor writing the program's end waits.
  public func stopBlocking() throws { try ToolChannels.stopBlocking(program) }

  /// Writes for the program; false where it reads no more.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>) -> Bool {
    (try? ours.writeAll(Array(bytes))) != nil
  }

  public func closeOurs() { try? ours.close() }
  public func closeProgram() { try? program.close() }

  /// A copy that no other program inherits; to be made while nothing is spawned.
  static func copy(of end: FileDescriptor) throws -> FileDescriptor {
    let copy = fcntl(end.rawValue, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw ReferenceError.system("dup", errno) }
    return FileDescriptor(rawValue: copy)
  }
}
