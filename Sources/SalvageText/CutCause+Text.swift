internal import Salvage

extension [CutCause] {
  /// What was found that fits each of several causes, and so tells none from another.
  var commonEvidence: [String] {
    guard count > 1, let first else { return [] }
    return first.evidence.filter { words in allSatisfy { $0.evidence.contains(words) } }
  }

  /// The surest ones; what is only possible only where nothing is surer. nil for none.
  var summary: String? {
    guard let first else { return nil }
    let best = filter { $0.confidence == first.confidence }.map(\.id.rawValue)
    return "\(first.confidence.rawValue): \(best.joined(separator: ", "))"
  }
}
