/// An option that changes nothing of a core.
package struct IdleOption: Hashable, Sendable {
  /// Why it changes nothing.
  package enum Reason: Hashable, Sendable, CaseIterable {
    case isWhole, noMemory, beyondEnd
  }

  /// As a user gives it.
  package let words: String
  package let reason: Reason

  package init(_ words: String, _ reason: Reason) {
    self.words = words
    self.reason = reason
  }
}
