internal import ELFCore

/// A repaired core as it was before all of its repairs, as far as their notes tell.
struct BeforeRepair {
  let source: OriginalSource
  /// What the repairs found lost, why, and where in the file.
  let losses: [DamageMap.Extent]
  /// Why what follows the end is missing.
  let endCause: DamageMap.Cause?

  /// More repairs of one core are a hostile one's.
  private static let mostRepairs = 64

  /// nil for a core that has none of our notes, or not enough of them.
  init?(_ repaired: any ByteSource, _ structure: CoreStructure) throws(SalvageError) {
    guard var original = try OriginalSource(repaired, structure) else { return nil }
    var losses = Self.losses(original)
    for _ in 1..<Self.mostRepairs {
      // Its headers may be damaged by then: the bytes before the last repair are the best that can be had.
      guard let before = try? Probe.structure(of: original),
        let earlier = try OriginalSource(original, before)
      else { break }
      original = earlier
      losses += Self.losses(earlier)
    }
    let size = original.size
    endCause = losses.first { $0.range.upperBound > size }?.cause
    source = original
    self.losses = losses.filter { $0.range.lowerBound < size }
  }

  private static func losses(_ original: OriginalSource) -> [DamageMap.Extent] {
    original.lost.compactMap { lost in
      let (end, overflow) = lost.fileOffset.addingReportingOverflow(lost.length)
      guard !overflow, lost.length > 0 else { return nil }
      return DamageMap.Extent(
        range: lost.fileOffset..<end, cause: DamageMap.Cause(rawValue: lost.cause))
    }
  }

  /// The way in that the core had before: its end was lost for the reason that the notes tell.
  func intake(_ intake: Intake) -> Intake {
    var before = intake
    before.losses += losses
    if endCause == .damaged { before.wayIn.ending = .cut }
    return before
  }
}
