internal import Glibc

/// The clock that tells the time of day, and may be wrong.
package enum WallClock {
  /// Microseconds since 1970.
  package static var microseconds: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) &* 1_000_000 &+ UInt64(time.tv_nsec / 1000)
  }
}
