internal import Glibc

/// A lock, and waiting under it until something has changed. What it guards stands beside it, with whoever owns it.
@safe package final class Monitor: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    unsafe pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(changed, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  /// Runs `body` alone.
  package func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// Inside `locked`: waits for as long as that holds.
  package func wait(while condition: () -> Bool) {
    while condition() { unsafe pthread_cond_wait(changed, lock) }
  }

  /// Inside `locked`: waits for as long as that holds, but not longer than so many milliseconds. Whether it holds no more.
  package func wait(upTo milliseconds: Int, while condition: () -> Bool) -> Bool {
    var end = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = end.tv_nsec + milliseconds % 1000 * 1_000_000
    end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    while condition() {
      guard unsafe pthread_cond_timedwait(changed, lock, &end) == 0 else {
        return !condition()
      }
    }
    return true
  }

  /// Inside `locked`: who waits looks again.
  package func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
