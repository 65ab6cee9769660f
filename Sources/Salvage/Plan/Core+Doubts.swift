internal import CoreIO
internal import CoreModel

extension Core {
  /// What is in doubt of what is made of it with a rebuild, and none of its notes tells yet.
  func untoldDoubts(_ rebuild: Rebuild) -> [CoreVerdict.Reason] {
    (verdict.doubts + rebuild.doubts).filter { doubt in !told.contains(where: doubt.isSame) }
  }
}

extension Rebuild {
  /// That what is rebuilt is from files which may be others than the process had mapped.
  var doubts: [CoreVerdict.Reason] {
    let used = Set(segments.filter { $0.source == .mappedFile }.map(\.path))
    var seen: Set<[UInt8]> = []
    let doubts = modules.filter { used.contains($0.path) && seen.insert($0.path).inserted }
      .compactMap { CoreVerdict.Reason(rebuiltOf: $0.path, by: $0.verdict.verification) }
    guard doubts.count > Self.mostNamed else { return doubts }
    let more = "Of \(doubts.count - Self.mostNamed) more files that is so."
    return doubts.prefix(Self.mostNamed) + [.init(.files, more, isDamage: false)]
  }

  /// The note has room for some more doubts.
  private static let mostNamed = 48
}
