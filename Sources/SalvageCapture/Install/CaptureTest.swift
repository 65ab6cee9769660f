internal import CLinux
internal import CoreIO
internal import Glibc
public import Salvage
public import SystemPackage

/// A crash on purpose, and what came of it.
public struct CaptureTest: Sendable {
  /// The process that crashed.
  public let processID: Int32
  /// Its core; nil where none came in time.
  public let core: FilePath?
  /// From the crash to the finished core, in seconds.
  public let seconds: Double
  /// What the core is.
  public let inspection: Inspection?

  /// For how many seconds a core is waited for.
  public static let patience = 10.0

  /// Has a small process of ours crash, and waits for its core in a store.
  public init(store: FilePath) throws(SalvageError) {
    let before = Self.names(in: store)
    let start = monotonicSeconds()
    processID = try ChildProcess.start(
      ChildProcess.ownProgram, ["capture", "crash"], isQuiet: true)
    _ = ChildProcess.wait(for: processID)
    var found: FilePath?
    while found == nil, monotonicSeconds() - start < Self.patience {
      // COMM.UID.BOOT.PID.TIME.core; the comm may hold anything.
      let part = "\(processID)"[...]
      found = Self.names(in: store).first {
        !before.contains($0) && $0.split(separator: ".").contains(part)
      }
      .map { store.appending($0) }
      if found == nil { usleep(2000) }
    }
    seconds = monotonicSeconds() - start
    core = found
    inspection = try found.map { path throws(SalvageError) in try Inspection(of: path) }
  }

  private static func names(in store: FilePath) -> Set<String> {
    guard let folder = try? WalkedFolder(store, relativePath: "") else { return [] }
    var names: Set<String> = []
    while let (name, _) = try? folder.next() {
      let name = name.string
      if name.hasSuffix(".core") || name.hasSuffix(".core.lz4") { names.insert(name) }
    }
    return names
  }

  /// What crashes: with no limit for its core, if there is one to lift.
  public static func crash() -> Never {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    _ = signal(SIGABRT, SIG_DFL)
    // Where the pattern is a file's name, no file of a test is to lie about.
    _ = unsafe chdir("/tmp")
    abort()
  }
}
