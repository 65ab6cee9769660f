internal import Synchronization

/// Counts, from any thread.
package final class StepCounter: Sendable {
  private let value = Atomic<Int>(0)

  package init() {}

  package var count: Int { value.load(ordering: .relaxed) }

  /// The number of calls before this one.
  package func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
