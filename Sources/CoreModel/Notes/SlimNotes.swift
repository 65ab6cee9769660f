internal import CoreIO

/// What the notes of a slim core tell of what was left out of it.
package struct SlimNotes: Sendable {
  /// Bytes that were there and were left out on request.
  private var leftOut: UInt64 = 0
  /// Bytes that were lost already.
  private var lost: UInt64 = 0
  private var isDamaged = false

  /// nil for a core of which nothing was left out so.
  init?(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    guard structure.isSlim else { return nil }
    for repair in PriorRepair.all(in: structure, source) where repair.isSlim {
      let note = try repair.lost()
      isDamaged = isDamaged || note?.isDamaged ?? true
      leftOut = note?.ranges.filter { $0.cause == .notKept }.total(\.length) ?? leftOut
      lost = note?.ranges.filter { $0.cause != .notKept }.total(\.length) ?? lost
    }
  }

  /// What there is to say of the core. What was left out on request is no damage.
  func reasons(isRepaired: Bool) -> [CoreVerdict.Reason] {
    var reasons: [CoreVerdict.Reason] = []
    if leftOut > 0 {
      reasons.append(
        .init(
          .slim,
          "\(ByteCount(leftOut)) of its memory \(ByteCount(leftOut).were) left out on request: it is a slim core.",
          isDamage: false))
    }
    // What a repair made up for is told of there.
    if lost > 0, !isRepaired {
      reasons.append(
        .init(
          .missing, "\(ByteCount(lost)) of it \(ByteCount(lost).were) lost before it was made slim."
        ))
    }
    if isDamaged {
      reasons.append(
        .init(.notes, "The record of what was left out of it is damaged: more may be missing."))
    }
    return reasons
  }
}
