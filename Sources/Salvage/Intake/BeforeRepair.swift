internal import CoreIO
internal import CoreModel
internal import ELFCore

/// A repaired core as it was before all of its repairs, as far as their notes tell.
struct BeforeRepair {
  let source: PatchedSource
  /// Its program headers, where those in `source` are lost.
  let table: HeaderTable?
  /// What the repairs found lost, why, and where in the file.
  let losses: [DamageMap.Extent]
  /// Why what follows the end is missing.
  let endCause: DamageMap.Cause?
  /// What they put in place of lost bytes.
  let rebuilt: [RebuiltRange]
  /// What made the last of them. Safe to print.
  let tool: String?
  /// Where it is there again though it is lost at its place: in order, and apart.
  private let putBack: [Range<UInt64>]
  /// Where bytes were missing in the input of the first repair that found so, or too many.
  let moved: [OffsetSurvey.Seam]
  /// Whether that repair put back what was moved.
  let isMended: Bool

  /// More repairs of one core are a hostile one's.
  private static let mostRepairs = 64

  /// nil for a core that has none of our notes, or not enough of them.
  init?(_ repaired: Core) throws(SalvageError) {
    let repairs = PriorRepair.all(in: repaired.structure, repaired.source)
    guard let (original, first) = try Self.original(repairs, repaired.source) else { return nil }
    var losses: [DamageMap.Extent] = []
    var rebuilt: [RebuiltRange] = []
    for repair in repairs {
      losses += try repair.lost()?.ranges.compactMap(\.extent) ?? []
      rebuilt += try repair.rebuilt()?.ranges ?? []
    }
    let size = original.size
    endCause = losses.first { $0.range.upperBound > size }?.cause
    let head = try OldHead(of: original, repaired, repairs[first...])
    source = head.source
    table = head.table
    putBack = head.putBack
    self.losses = losses.filter { $0.range.lowerBound < size }
    self.rebuilt = rebuilt
    tool = try repairs.last?.origin().flatMap(Self.tool)
    var finder: OriginNote?
    for repair in repairs.prefix(Self.mostRepairs) where finder == nil {
      guard let line = try repair.record() else { continue }
      finder = OriginNote(String(decoding: line, as: UTF8.self)).flatMap {
        $0.moved.isEmpty ? nil : $0
      }
    }
    moved = finder?.moved ?? []
    isMended = finder?.mendsShifts ?? false
  }

  /// The bytes as they were before the first repair that the notes lead back to, and its index. Of what each changed its
  /// note has the bytes, and the last repair took all notes along: what else is lost of those that it left behind is no loss.
  private static func original(
    _ repairs: [PriorRepair], _ source: any ByteSource
  ) throws(SalvageError) -> (PatchedSource, Int)? {
    var result: (source: PatchedSource, first: Int)?
    for (index, repair) in repairs.enumerated().reversed().prefix(mostRepairs) {
      guard let runs = try repair.head(), let size = try repair.sizeFound(),
        size <= result?.source.size ?? source.size
      else { break }
      let all = PatchedSource.laid(runs, over: result?.source.runs ?? [])
      result = (
        PatchedSource(base: source, runs: all.filter { $0.offset < size }, size: size), index
      )
    }
    return result
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
    if !putBack.isEmpty { before.losses = before.losses.flatMap { $0.parts(beside: putBack) } }
    if endCause == .damaged { before.wayIn.ending = .cut }
    before.wayIn.offsets.told = moved
    before.wayIn.offsets.isToldMended = isMended
    return before
  }
}

extension DamageMap.Extent {
  /// What is left of it beside ranges, which are in order and apart.
  fileprivate func parts(beside ranges: [Range<UInt64>]) -> [DamageMap.Extent] {
    var parts: [DamageMap.Extent] = []
    var position = range.lowerBound
    func append(to end: UInt64) {
      if position < end { parts.append(.init(range: position..<end, cause: cause)) }
    }
    let next = ranges.partitioningIndex { $0.upperBound > range.lowerBound }
    for hiding in ranges[next...].prefix(while: { $0.lowerBound < range.upperBound }) {
      append(to: hiding.lowerBound)
      position = max(position, hiding.upperBound)
    }
    append(to: range.upperBound)
    return parts
  }
}
