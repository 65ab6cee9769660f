import Glibc
import SystemPackage

extension Tool {
  /// The coresalvage command, with arguments.
  ///
  /// It is the file that `CORESALVAGE_BINARY` names, else the one that was built beside the tests.
  public static func coresalvage(_ arguments: [String]) -> Tool {
    Tool(coresalvagePath.string, arguments)
  }

  public static func coresalvage(_ arguments: String...) -> Tool { coresalvage(arguments) }

  /// Where the command under test lies. If it is nowhere, running it fails and names this path.
  public static let coresalvagePath: FilePath = {
    if let named = Environment["CORESALVAGE_BINARY"], !named.isEmpty { return FilePath(named) }
    let candidates = buildFolders.map { $0.appending("coresalvage") }
    return candidates.first(where: isExecutable)
      ?? packageRoot.appending(".build/debug/coresalvage")
  }()

  /// The folder that holds Package.swift, found from this file's place in it.
  public static let packageRoot: FilePath = {
    var path = FilePath(#filePath)
    for _ in 0..<3 { path.removeLastComponent() }
    return path
  }()

  /// Where SwiftPM may have put the command: beside the test bundle, which is either named by an
  /// argument or is the running program itself, and where a plain build leaves it.
  private static var buildFolders: [FilePath] {
    var folders: [FilePath] = []
    let arguments = CommandLine.arguments
    if let index = arguments.firstIndex(of: "--test-bundle-path"), index + 1 < arguments.count {
      folders.append(FilePath(arguments[index + 1]).removingLastComponent())
    }
    if let own = realpath("/proc/self/exe", nil) {
      folders.append(FilePath(String(cString: own)).removingLastComponent())
      free(own)
    }
    folders.append(packageRoot.appending(".build/debug"))
    return folders
  }

  /// The path that a program's name leads to; nil if it leads nowhere.
  static func locate(_ name: String) -> FilePath? {
    if name.contains("/") {
      guard let real = realpath(name, nil) else { return nil }
      defer { free(real) }
      // Not the real path: a program may care about the name it is called by.
      let path = name.hasPrefix("/") ? FilePath(name) : FilePath(String(cString: real))
      return isExecutable(path) ? path : nil
    }
    let folders = (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    // Where gdb, losetup and mkfs live for some users whose PATH lacks them.
    return (folders.map(String.init) + ["/usr/sbin", "/sbin"])
      .map { FilePath($0).appending(name) }.first(where: isExecutable)
  }

  private static func isExecutable(_ path: FilePath) -> Bool {
    var status = stat()
    return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path.string, X_OK) == 0
  }
}
