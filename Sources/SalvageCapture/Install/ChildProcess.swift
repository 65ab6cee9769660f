internal import CoreIO
internal import Glibc
internal import SystemPackage

/// Programs that we start.
enum ChildProcess {
  // <spawn.h> shows it only with _GNU_SOURCE.
  private static let newSession: Int16 = 0x80

  /// Ourselves: by our path, so that we are seen under our name; where our file was replaced since, by the kernel's link.
  static var ownProgram: FilePath {
    let link: FilePath = "/proc/self/exe"
    guard let path = InstalledFile.target(link),
      FileIdentity(at: path, followingLinks: true) == FileIdentity(at: link, followingLinks: true)
    else { return link }
    return path
  }

  /// Starts a program.
  ///
  /// - Parameter input: its standard input; else /dev/null.
  /// - Parameter inOwnSession: whether it is to be out of the reach of our terminal, with all signals blocked.
  /// - Parameter isQuiet: whether its errors are thrown away, too. Its output always is.
  static func start(
    _ program: FilePath, _ words: [String], input: FileDescriptor? = nil,
    inOwnSession: Bool = false, isQuiet: Bool = false
  ) throws(SalvageError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let input {
      unsafe posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    if isQuiet { unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    if inOwnSession { unsafe sigfillset(&mask) } else { unsafe sigemptyset(&mask) }
    unsafe posix_spawnattr_setsigmask(&attributes, &mask)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK) | (inOwnSession ? newSession : 0)
    unsafe posix_spawnattr_setflags(&attributes, flags)

    var process: pid_t = 0
    let result = unsafe withCStrings(["coresalvage"] + words) { arguments in
      unsafe program.withPlatformString {
        unsafe posix_spawn(&process, $0, &actions, &attributes, arguments, environ)
      }
    }
    guard result == 0 else {
      throw SalvageError(.io(Errno(rawValue: result), call: "start"), file: program)
    }
    return process
  }

  /// Waits for its end: what it exits with; nil where a signal ended it.
  static func wait(for process: Int32) -> Int32? {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, Glibc.errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : nil
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies + [nil])
  }
}
