internal import Glibc

/// A lock, and waiting under it until something has changed. What it guards stands beside it, with whoever owns it.
@safe package final class Monitor: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
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

  /// Inside `locked`: who waits looks again.
  package func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
