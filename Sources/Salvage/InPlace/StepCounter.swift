internal import Synchronization

/// Counts, from any thread.
final class StepCounter: Sendable {
  private let value = Atomic<Int>(0)

  var count: Int { value.load(ordering: .relaxed) }

  /// The number of calls before this one.
  func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
