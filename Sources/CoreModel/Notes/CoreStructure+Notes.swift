internal import ELFCore

extension CoreStructure {
  /// Whether a repair of ours left notes in it.
  package var isRepaired: Bool {
    // A capture leaves LOST and CAPTURE; what was made slim has LOST and SLIM, and FILE.
    let others = [SalvageNote.capture, SalvageNote.slim]
    let losses = ownNotes.count { $0.kind == SalvageNote.lost }
    let known = others + [SalvageNote.lost, SalvageNote.doubt] + (isSlim ? [SalvageNote.file] : [])
    return losses > ownNotes.count { others.contains($0.kind) }
      || ownNotes.contains { !known.contains($0.kind) }
  }

  /// Whether memory was left out of it on request.
  package var isSlim: Bool {
    ownNotes.contains { $0.kind == SalvageNote.slim }
  }

  /// Whether a capture of ours made it, whatever became of it later.
  package var isCaptured: Bool {
    ownNotes.contains { $0.kind == SalvageNote.capture }
  }
}
