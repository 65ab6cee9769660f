import Glibc

/// Waiting for what others do.
public enum Patience {
  /// Asks every millisecond whether it is so, for that many seconds; false where it never was.
  public static func wait(_ seconds: Double, until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if try isSo() { return true }
      usleep(1000)
    }
    return try isSo()
  }
}
