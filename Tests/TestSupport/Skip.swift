import Glibc

/// Says aloud that a test, or a part of one, could not be run here.
public enum Skip {
  /// Prints "skipped: reason" to standard error, so that it shows among the results.
  public static func say(_ reason: String) {
    let line = Array("skipped: \(reason)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
