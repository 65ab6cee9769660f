internal import Glibc

/// Who may work now: what is urgent (registers, near stacks) of all crashes first, then the bulk of one after the other.
@safe final class CaptureTurns: @unchecked Sendable {
  // The lock guards all that is below.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var urgent = 0
  private var nextTicket = 0
  private var served = 0
  private var atWork = 0

  init() {
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// One more crash is there. Refused where too many are at work: what each needs at least must fit into memory.
  func begin() {
    locked {
      while atWork >= Self.mostAtWork { unsafe pthread_cond_wait(changed, lock) }
      atWork += 1
      urgent += 1
    }
  }

  /// What is urgent of it is done.
  func endUrgent() {
    locked {
      urgent -= 1
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// All of it is done.
  func end() {
    locked {
      atWork -= 1
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// Waits for the turn of a crash's bulk, in the order of asking.
  func takeBulk() {
    locked {
      let ticket = nextTicket
      nextTicket += 1
      while ticket != served || urgent > 0 { unsafe pthread_cond_wait(changed, lock) }
    }
  }

  /// Between two pieces of bulk: waits while anything urgent is to be done.
  func yieldBulk() {
    locked {
      while urgent > 0 { unsafe pthread_cond_wait(changed, lock) }
    }
  }

  func giveBackBulk() {
    locked {
      served += 1
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// Waits until no crash is at work.
  func drain() {
    locked {
      while atWork > 0 { unsafe pthread_cond_wait(changed, lock) }
    }
  }

  private static let mostAtWork = 128
}
