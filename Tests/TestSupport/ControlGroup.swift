import Glibc
import SystemPackage

/// A control group of version 2 for one process, removed once that has ended.
public final class ControlGroup {
  private let path: FilePath

  /// Where the kernel shows them: alone, or beside those of version 1.
  private static let root: FilePath? = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
    .first { FileTree.exists($0.appending("cgroup.procs")) }

  public init(with process: pid_t) throws {
    guard let root = Self.root else { throw ReferenceError("no cgroup v2 is mounted") }
    path = root.appending("coresalvage-test-\(process)")
    guard mkdir(path.string, 0o755) == 0 else {
      throw ReferenceError.system("mkdir \(path)", errno)
    }
    try write(String(process), to: "cgroup.procs")
  }

  deinit { _ = Patience.wait(2) { rmdir(path.string) == 0 } }

  /// Kills all that is in it.
  public func kill() throws { try write("1", to: "cgroup.kill") }

  private func write(_ text: String, to name: String) throws {
    let file = try FileDescriptor.open(path.appending(name), .writeOnly, options: .closeOnExec)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }
}
