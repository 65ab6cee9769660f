internal import CoreIO

/// Who may work now: what is urgent (registers, near stacks) of all crashes first, then the bulk of one after the other.
final class CaptureTurns: @unchecked Sendable {
  // It guards all that is below.
  private let monitor = Monitor()
  private var urgent = 0
  private var nextTicket = 0
  private var served = 0
  private var atWork = 0

  /// One more crash is there. Waits where too many are at work: what each needs at least must fit into memory.
  func begin() {
    monitor.locked {
      monitor.wait { atWork >= Self.mostAtWork }
      atWork += 1
      urgent += 1
    }
  }

  /// What is urgent of it is done.
  func endUrgent() {
    monitor.locked {
      urgent -= 1
      monitor.wakeAll()
    }
  }

  /// All of it is done.
  func end() {
    monitor.locked {
      atWork -= 1
      monitor.wakeAll()
    }
  }

  /// Waits for the turn of a crash's bulk, in the order of asking.
  ///
  /// - Parameter look: called now and then while it waits: a time limit may end, the process may.
  func takeBulk(_ look: () -> Void) {
    let ticket = monitor.locked {
      defer { nextTicket += 1 }
      return nextTicket
    }
    while !monitor.locked({
      monitor.wait(upTo: Self.pause) { ticket != served || urgent > 0 }
    }) { look() }
  }

  private static let pause = 200

  /// Between two pieces of bulk: waits while anything urgent is to be done.
  func yieldBulk() {
    monitor.locked {
      monitor.wait { urgent > 0 }
    }
  }

  func giveBackBulk() {
    monitor.locked {
      served += 1
      monitor.wakeAll()
    }
  }

  /// Waits until no crash is at work.
  func drain() {
    monitor.locked {
      monitor.wait { atWork > 0 }
    }
  }

  private static let mostAtWork = 128
}
