import Glibc
import Synchronization
import SystemPackage

/// The one call of `posix_spawn`, and what has to be made ready for it.
enum ToolSpawn {
  // <spawn.h> shows it only with _GNU_SOURCE.
  private static let newSession: Int16 = 0x80

  /// Held while pipes are made and handed over: between `pipe` and FD_CLOEXEC another thread's
  /// program could inherit a write end, and the pipe would not seem to close.
  static let lock = Mutex(())

  static func spawn(_ tool: Tool, _ channels: ToolChannels) throws -> pid_t {
    // A program that ends before it has read its input must not end the tests.
    _ = signal(SIGPIPE, SIG_IGN)
    let command = try tool.spawned
    guard let path = Tool.locate(command[0]) else {
      throw ReferenceError("no program \(command[0])")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, end) in channels.childEnds.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, end.rawValue, Int32(number))
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var process: pid_t = 0
    let failure = withCStrings(command) { arguments in
      withCStrings(environment(of: tool)) { environment in
        posix_spawn(&process, path.string, &actions, &attributes, arguments, environment)
      }
    }
    guard failure == 0 else { throw ReferenceError.system("starting \(tool.program)", failure) }
    return process
  }

  private static func environment(of tool: Tool) -> [String] {
    var variables: [String: String] = Environment.initial
    variables["LC_ALL"] = "C"
    for (name, value) in tool.environment { variables[name] = value }
    return variables.map { "\($0.key)=\($0.value)" }.sorted()
  }

  /// Calls `body` with a NULL-ended array of C strings.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
