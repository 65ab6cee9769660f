internal import CoreIO

extension DamageMap {
  /// How much inside the file is lost, for each cause, in words; nil where nothing is.
  package var inside: String? {
    var sizes: [Cause: UInt64] = [:]
    for extent in extents {
      guard let cause = extent.cause, cause != .pastEnd else { continue }
      sizes[cause, default: 0] &+= extent.range.length
    }
    guard !sizes.isEmpty else { return nil }
    return sizes.sorted { $0.key.rawValue < $1.key.rawValue }
      .map {
        let size = ByteCount($0.value)
        return "\(size) inside it \(size.are) \($0.key.words)"
      }
      .joined(separator: ", ")
  }
}

extension DamageMap.Cause {
  /// What to say of lost bytes.
  package var words: String {
    switch self {
    case .pastEnd: "past the end of the file"
    case .unreadable: "unreadable"
    case .named: "named as lost"
    case .gone: "gone with the process, which ended before they were read"
    case .noRoom: "left out because there was no room"
    default: "damaged"
    }
  }
}
