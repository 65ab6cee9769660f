internal import Glibc
internal import SystemPackage

/// What the environment tells the command.
enum Environment {
  /// `TMPDIR`; nil where it is unset or empty.
  static var temporaryFolder: FilePath? {
    guard let value = unsafe getenv("TMPDIR") else { return nil }
    let path = unsafe FilePath(platformString: value)
    return path.isEmpty ? nil : path
  }
}
