public import SystemPackage

/// How captures are to be set up on a machine.
public struct InstallOptions: Hashable, Sendable {
  /// How crashes are to come to us.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// By a socket where the kernel has that (6.17) and systemd runs, else by a pipe.
    case auto
    /// To a daemon, a service of systemd: several crashes in turn, its own cgroup, the sender of a kill known.
    case socket
    /// To a program that the kernel starts for each crash. Works on every kernel, and needs no service.
    case pipe
  }

  /// How.
  public var mode = Mode.auto
  /// The folder for cores.
  public var store: FilePath = "/var/lib/coresalvage"
  /// Further options of `capture serve` and `capture pipe`, as words.
  public var words: [String] = []
  /// The program that is to be run: it must stay where it is.
  public var program: FilePath
  /// Where files go: a tree that is not running, as systemctl's --root has it; `/` for this machine.
  public var root: FilePath = "/"

  /// - Parameter program: the command's own file.
  public init(program: FilePath) { self.program = program }

  /// Whether it is about this machine, so that settings and services are changed too.
  public var isForThisMachine: Bool { root == "/" }
}
