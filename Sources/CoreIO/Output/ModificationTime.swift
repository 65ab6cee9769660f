internal import Glibc
package import SystemPackage

extension FileDescriptor {
  /// Lets a file be as old as that, since 1970, where the system allows it.
  package func setModified(nanoseconds time: Int64) {
    let second: Int64 = 1_000_000_000
    let (seconds, nanoseconds) = (time / second, time % second)
    let modified = timespec(
      tv_sec: Int(nanoseconds < 0 ? seconds - 1 : seconds),
      tv_nsec: Int(nanoseconds < 0 ? nanoseconds + second : nanoseconds))
    // UTIME_NOW, for the time of the last access; the C header's macro is none that Swift can read.
    let now = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
    _ = unsafe futimens(rawValue, [now, modified])
  }
}
