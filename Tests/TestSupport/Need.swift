import SystemPackage
import Testing

/// What a test needs of the machine that not every machine has: the one door through which a test is not run.
///
/// `@Test("...", .needs(.root, .gdb))` skips it where one is missing; `try Need.tool(packer).require()` ends it there, for
/// what only the argument tells. Either way the run's output has its name and the reason, and so has the file that
/// `CORESALVAGE_SKIPS` names: Scripts/skips.sh asks this machine whether it may lack that, and fails if not.
public enum Need: Hashable, Sendable, CustomStringConvertible {
  case root
  /// The kernel writes cores as a test wants them: its settings are right, or can be changed.
  case kernelCores
  /// The kernel hands crashes over by a socket, from 6.17 on, to whom root says.
  case socketCores
  /// A setting that not every kernel has.
  case kernelSetting(String)
  /// File systems of one's own can be mounted.
  case mounts
  /// A file system of that type can be mounted from a file.
  case fileSystem(String)
  /// File systems can be served by a program.
  case fuse
  /// The folder for temporary files keeps attributes of users.
  case userAttributes
  /// A program may trace another.
  case tracing
  /// The kernel maps the old page for system calls, above all else.
  case vsyscall
  /// The kernel guards pages that are no mapping of their own, from 6.13 on.
  case guardRegions
  /// Another user can run the command.
  case otherUser
  case tool(String)
  /// An environment variable: what is done only when asked for.
  case request(String)
  /// A module of python3.
  case pythonModule(String)
  /// A compiler with flags, for what it must be able to build.
  case build(String, flags: [String])
  /// A file or folder of a package.
  case path(String)
  /// Another version of lz4 makes other bytes of the same.
  case lz4(version: String)

  public static let gdb = tool("gdb")
  public static let multiarchGDB = tool("gdb-multiarch")
  public static let gcc = tool("gcc")

  /// As Scripts/skips.sh reads it: a word for the kind, and which one.
  public var description: String {
    switch self {
    case .root: "root"
    case .kernelCores: "kernel-cores"
    case .socketCores: "socket-cores"
    case .kernelSetting(let name): "setting \(name)"
    case .mounts: "mounts"
    case .fileSystem(let type): "file-system:\(type)"
    case .fuse: "fuse"
    case .userAttributes: "user-attributes"
    case .tracing: "tracing"
    case .vsyscall: "vsyscall"
    case .guardRegions: "guard-regions"
    case .otherUser: "other-user"
    case .tool(let name): "tool \(name)"
    case .request(let variable): "request \(variable)"
    case .pythonModule(let name): "python-module \(name)"
    case .build(let compiler, let flags): "build \(([compiler] + flags).joined(separator: " "))"
    case .path(let path): "path \(path)"
    case .lz4(let version): "lz4 \(version)"
    }
  }

  /// Skips the running test, or this case of it, if the machine lacks one of them.
  public static func require(_ needs: Need...) throws { for need in needs { try need.require() } }

  /// Skips the running test, or this case of it, if the machine doesn't have it.
  public func require() throws {
    guard !NeedProbe.isMet(self) else { return }
    if let test = Test.current { report(test) }
    try Test.cancel("needs \(self)")
  }

  /// A line to standard error, where a case that is not run would not be named otherwise, and one to the file of skips.
  func report(_ test: Test) {
    let name = "\(test.sourceLocation.fileID): \(test.displayName ?? test.name)"
    let line = "skipped, needs \(self): \(name)\n"
    _ = Array(line.utf8).withUnsafeBytes { try? FileDescriptor.standardError.write($0) }
    guard let path = Environment["CORESALVAGE_SKIPS"], !path.isEmpty else { return }
    do {
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec],
        permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll("\(self)\t\(name)\n".utf8) }
    } catch {
      // Where a skip can't be written down, it would pass silently.
      fatalError("\(path): \(error)")
    }
  }
}
