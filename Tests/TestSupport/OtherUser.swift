import Glibc
import SystemPackage

/// The command as somebody else runs it: a user who owns nothing.
public enum OtherUser {
  public static let id: uid_t = 65534

  /// A program, run by him. Only root can.
  public static func tool(_ program: String, _ arguments: [String]) -> Tool {
    let user = ["--reuid=\(id)", "--regid=\(id)", "--clear-groups", "--"]
    return Tool("setpriv", user + [program] + arguments)
  }

  /// A copy of the command in a folder, since he may not be able to reach the command itself.
  public static func command(_ arguments: [String], in folder: ScratchFolder) throws -> Tool {
    let copy = folder.file("command")
    try SparseCopy.copy(Tool.coresalvagePath, to: copy)
    chmod(copy.string, 0o755)
    return tool(copy.string, arguments)
  }
}
