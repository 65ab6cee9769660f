internal import Salvage

extension [CutCause] {
  /// The surest ones; what is only possible only where nothing is surer. nil for none.
  var summary: String? {
    guard let first else { return nil }
    let best = filter { $0.confidence == first.confidence }.map(\.id.rawValue)
    return "\(first.confidence.rawValue): \(best.joined(separator: ", "))"
  }
}
