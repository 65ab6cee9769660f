internal import CoreIO
internal import CoreModel

extension Core {
  /// What is in doubt of what is made of it with a rebuild, and none of its notes tells yet.
  func untoldDoubts(_ rebuild: Rebuild) -> [CoreVerdict.Reason] {
    (verdict.doubts + rebuild.doubts).filter { doubt in !told.contains(where: doubt.isSame) }
  }
}

extension Rebuild {
  /// That what is rebuilt is from files which may be others than the process had mapped: a sentence for each reason.
  var doubts: [CoreVerdict.Reason] {
    let used = Set(segments.filter { $0.source == .mappedFile }.map(\.path))
    return ModuleVerdict.Verification.weak.compactMap { weak in
      var seen: Set<[UInt8]> = []
      let paths = modules.filter {
        $0.verdict.verification == weak && used.contains($0.path) && seen.insert($0.path).inserted
      }.map(\.path)
      guard let words = ModuleVerdict(weak).doubt(of: paths.count) else { return nil }
      let names = paths.prefix(Self.mostNamed).map { PrintableText($0).description }
      let more =
        paths.count > Self.mostNamed ? " and \(paths.count - Self.mostNamed) more" : ""
      return .init(
        .files,
        "Memory is from \(counted(paths.count, "file")) \(words): "
          + names.joined(separator: ", ") + more + ".",
        isDamage: false)
    }
  }

  /// What is listed has room in the note, however long the paths are.
  private static let mostNamed = 16
}
