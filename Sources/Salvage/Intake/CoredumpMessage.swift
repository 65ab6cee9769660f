internal import CoreIO
internal import Glibc
internal import SystemPackage

/// What systemd-coredump wrote into the journal about a core, under its own message id.
package struct CoredumpMessage: Hashable, Sendable {
  /// `COREDUMP_TRUNCATED=1`: what was stored is not all of it.
  package var isTruncated: Bool
  /// `COREDUMP_FILENAME`
  package var fileName: [UInt8]?

  /// SD_MESSAGE_COREDUMP
  private static let messageID = "fc2e22bc6ee647b6b90729ab34a250b1"

  /// The last message about a process; nil where there is none, or no journal.
  package init?(processID: UInt32) {
    guard Self.hasJournal,
      let text = Self.output([
        "journalctl", "--no-pager", "--quiet", "--output=export", "--lines=1",
        "MESSAGE_ID=\(Self.messageID)", "COREDUMP_PID=\(processID)",
      ])
    else { return nil }
    let lines = text.split(separator: UInt8(ascii: "\n"))
    func value(_ name: String) -> [UInt8]? {
      let mark = Array((name + "=").utf8)
      return lines.first { $0.starts(with: mark) }.map { Array($0.dropFirst(mark.count)) }
    }
    guard value("MESSAGE_ID") != nil else { return nil }
    isTruncated = value("COREDUMP_TRUNCATED") == [UInt8(ascii: "1")]
    fileName = value("COREDUMP_FILENAME")
  }

  /// Without one of these folders journalctl has nothing to say.
  private static var hasJournal: Bool {
    ["/var/log/journal", "/run/log/journal"].contains {
      FileIdentity(at: FilePath($0), followingLinks: true) != nil
    }
  }

  private static let mostBytes = 1 << 20
  private static let patience: Int32 = 2000

  /// What a program prints, at most a megabyte of it in at most two seconds; nil where it can't be run or fails.
  private static func output(_ arguments: [String]) -> [UInt8]? {
    guard let ends = try? FileDescriptor.pipe() else { return nil }
    defer { try? ends.readEnd.close() }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends.writeEnd.rawValue, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var words = unsafe (arguments.map { unsafe strdup($0) } + [nil])
    defer { unsafe words.forEach { unsafe free($0) } }
    var process = pid_t()
    let result = unsafe posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    try? ends.writeEnd.close()
    guard result == 0 else { return nil }
    let bytes = read(ends.readEnd.rawValue)
    if bytes == nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, Glibc.errno == EINTR {}
    return status == 0 ? bytes : nil
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < mostBytes {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&ready, 1, patience) > 0 else { return nil }
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
    return nil
  }
}
