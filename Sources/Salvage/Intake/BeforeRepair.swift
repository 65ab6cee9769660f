internal import CoreIO
internal import CoreModel
internal import ELFCore

/// A repaired core as it was before all of its repairs, as far as their notes tell.
struct BeforeRepair {
  let source: PatchedSource
  /// What the repairs found lost, why, and where in the file.
  let losses: [DamageMap.Extent]
  /// Why what follows the end is missing.
  let endCause: DamageMap.Cause?
  /// What they put in place of lost bytes.
  let rebuilt: [RebuiltRange]
  /// What made the last of them. Safe to print.
  let tool: String?

  /// More repairs of one core are a hostile one's.
  private static let mostRepairs = 64

  /// nil for a core that has none of our notes, or not enough of them.
  init?(_ repaired: Core) throws(SalvageError) {
    let repairs = PriorRepair.all(in: repaired.structure, repaired.source)
    guard var original = try repairs.last?.original() else { return nil }
    for _ in 1..<Self.mostRepairs {
      // Its headers may be damaged by then: the bytes before the last repair are the best that can be had.
      guard let before = try? Probe.structure(of: original),
        let earlier = try PriorRepair.last(in: before, original)?.original()
      else { break }
      original = earlier
    }
    var losses: [DamageMap.Extent] = []
    var rebuilt: [RebuiltRange] = []
    for repair in repairs {
      losses += try repair.lost()?.ranges.compactMap(\.extent) ?? []
      rebuilt += try repair.rebuilt()?.ranges ?? []
    }
    let size = original.size
    endCause = losses.first { $0.range.upperBound > size }?.cause
    source = original
    self.losses = losses.filter { $0.range.lowerBound < size }
    self.rebuilt = rebuilt
    tool = try repairs.last?.origin().flatMap(Self.tool)
  }

  /// `coresalvage 1.0.0`, by the ORIGIN note.
  private static func tool(_ origin: [UInt8]) -> String? {
    guard let tool = OriginNote(String(decoding: origin, as: UTF8.self))?.tool,
      tool.hasPrefix("coresalvage ")
    else { return nil }
    return PrintableText(Array(tool.prefix(40).utf8)).description
  }

  /// The way in that the core had before: its end was lost for the reason that the notes tell.
  func intake(_ intake: Intake) -> Intake {
    var before = intake
    before.losses += losses
    if endCause == .damaged { before.wayIn.ending = .cut }
    return before
  }
}
