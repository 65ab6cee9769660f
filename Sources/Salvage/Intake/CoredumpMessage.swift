internal import CoreIO
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// What systemd-coredump wrote into the journal about a core, under its own message id.
package struct CoredumpMessage: Hashable, Sendable {
  /// `COREDUMP_TRUNCATED=1`: what was stored is not all of it.
  package var isTruncated: Bool
  /// `COREDUMP_FILENAME`
  package var fileName: [UInt8]?

  package init(isTruncated: Bool, fileName: [UInt8]?) {
    self.isTruncated = isTruncated
    self.fileName = fileName
  }

  /// SD_MESSAGE_COREDUMP
  private static let messageID = "fc2e22bc6ee647b6b90729ab34a250b1"

  /// The last message about a process; nil where there is none, or no journal.
  package init?(processID: UInt32) {
    guard let message = Self.all[processID] else { return nil }
    self = message
  }

  /// The last one about each process, asked for once: journalctl takes some milliseconds, and many cores may be looked at.
  private static let all: [UInt32: CoredumpMessage] = {
    guard hasJournal,
      let text = output([
        "journalctl", "--no-pager", "--quiet", "--output=export", "--lines=\(most)",
        "--output-fields=COREDUMP_PID,COREDUMP_TRUNCATED,COREDUMP_FILENAME",
        "MESSAGE_ID=\(messageID)",
      ])
    else { return [:] }
    return messages(in: text)
  }()

  /// The last ones, so many of them: each takes some 300 bytes.
  private static let most = 4096

  /// Reads journalctl's export format: a field a line, an empty line behind each message. The line of a field of bytes is its
  /// name alone; its size follows in eight bytes, then the bytes, then a line's end.
  static func messages(in text: [UInt8]) -> [UInt32: CoredumpMessage] {
    var messages: [UInt32: CoredumpMessage] = [:]
    var message = CoredumpMessage(isTruncated: false, fileName: nil)
    var processID: UInt32?
    var rest = text[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest.dropFirst(line.count + 1)
      guard !line.isEmpty else {
        if let processID { messages[processID] = message }
        message = CoredumpMessage(isTruncated: false, fileName: nil)
        processID = nil
        continue
      }
      let name = line.prefix { $0 != UInt8(ascii: "=") }
      var value = line.dropFirst(name.count + 1)
      if name.count == line.count {
        guard let size = Array(rest.prefix(8)).span.integer(at: 0, size: 8, .little),
          size < UInt64(rest.count)
        else { break }
        value = rest.dropFirst(8).prefix(Int(size))
        rest = rest.dropFirst(8 + Int(size) + 1)
      }
      switch String(decoding: name, as: UTF8.self) {
      case "COREDUMP_PID": processID = UInt32(String(decoding: value, as: UTF8.self))
      case "COREDUMP_TRUNCATED": message.isTruncated = value.elementsEqual("1".utf8)
      case "COREDUMP_FILENAME": message.fileName = Array(value)
      default: break
      }
    }
    return messages
  }

  /// Without one of these folders journalctl has nothing to say.
  private static var hasJournal: Bool {
    ["/var/log/journal", "/run/log/journal"].contains {
      FileIdentity(at: FilePath($0), followingLinks: true) != nil
    }
  }

  private static let mostBytes = 4 << 20
  private static let patience: Int32 = 2000

  /// What a program prints, at most four megabytes of it in at most two seconds; nil where it can't be run or fails.
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
