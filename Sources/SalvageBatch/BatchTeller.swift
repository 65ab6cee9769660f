internal import Synchronization

/// Counts what happens, and tells it to the one who looks on, one thing after another.
package final class BatchTeller: Sendable {
  private let tally = Mutex(BatchTally())
  private let observe: @Sendable (BatchEvent) -> Void

  init(_ observe: @escaping @Sendable (BatchEvent) -> Void) { self.observe = observe }

  package func tell(_ event: BatchEvent) {
    tally.withLock { tally in
      if case .finished(let record) = event { tally.add(record) }
      observe(event)
    }
  }

  /// What is left to do.
  func leave(_ survey: BatchSurvey) { tally.withLock { $0.left = survey } }

  package func end() -> BatchTally {
    tally.withLock { tally in
      observe(.ended(tally))
      return tally
    }
  }
}
