internal import Glibc
internal import Synchronization

/// Threads that do one work together. Where one of them fails, `Turnstile`s and claims must let the others end.
package enum Workers {
  private final class Job: Sendable {
    let work: @Sendable (Int) -> Void
    let index: Int

    init(index: Int, work: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.work = work
    }
  }

  /// How many threads there should be when nobody says.
  package static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Runs `work` on `count` threads, the calling one among them, and waits for all.
  package static func run(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for index in 1..<max(count, 1) {
      var thread = pthread_t()
      let job = unsafe Unmanaged.passRetained(Job(index: index, work: work))
      let result = unsafe pthread_create(
        &thread, nil,
        { argument in
          if let argument = unsafe argument {
            let job = unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
            job.work(job.index)
          }
          return nil
        }, job.toOpaque())
      // With fewer threads the work takes longer, and is done all the same.
      guard result == 0 else {
        unsafe job.release()
        break
      }
      threads.append(thread)
    }
    work(0)
    for thread in threads { pthread_join(thread, nil) }
  }
}

/// Numbers from 0 on, handed out one by one to whoever asks, until they are used up or one of the askers failed.
package final class Claims: Sendable {
  private struct State {
    var next = 0
    var failure: SalvageError?
  }

  private let state = Mutex(State())
  private let count: Int

  package init(_ count: Int) { self.count = count }

  package func next() -> Int? {
    state.withLock { state in
      guard state.next < count, state.failure == nil else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  package func fail(_ error: SalvageError) { state.withLock { $0.failure = $0.failure ?? error } }

  package func throwFailure() throws(SalvageError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}

/// Lets threads through one at a time, in the order of their numbers, which begin at 0 and leave none out.
package final class Turnstile: @unchecked Sendable {
  // It guards all that is below.
  private let monitor = Monitor()
  private var next = 0
  private var isBroken = false

  package init() {}

  /// Runs `body` once all lower numbers have passed; nil, without running it, once the turnstile is broken.
  package func pass<Result>(_ number: Int, _ body: () -> Result) -> Result? {
    monitor.locked {
      monitor.wait { next != number && !isBroken }
      guard !isBroken else { return nil }
      let result = body()
      next += 1
      monitor.wakeAll()
      return result
    }
  }

  /// Nobody passes any more: one of the threads failed.
  package func breakDown() {
    monitor.locked {
      isBroken = true
      monitor.wakeAll()
    }
  }
}
