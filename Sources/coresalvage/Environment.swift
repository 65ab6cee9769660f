internal import Glibc

/// What the environment tells the command.
enum Environment {
  /// `TMPDIR`; nil where it is unset or empty.
  static var temporaryFolder: String? {
    guard let value = unsafe getenv("TMPDIR") else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
