internal import ELFCore

extension CoreStructure {
  /// Whether a repair of ours left notes in it.
  package var isRepaired: Bool {
    let ours = notes.lazy.filter { $0.owner == SalvageNote.owner }
    // A capture leaves LOST and CAPTURE; what was made slim has LOST and SLIM, and FILE.
    let others = [SalvageNote.capture, SalvageNote.slim]
    let losses = ours.count { $0.kind == SalvageNote.lost }
    let known = others + [SalvageNote.lost] + (isSlim ? [SalvageNote.file] : [])
    return losses > ours.count { others.contains($0.kind) }
      || ours.contains { !known.contains($0.kind) }
  }

  /// Whether memory was left out of it on request.
  package var isSlim: Bool {
    notes.contains { $0.owner == SalvageNote.owner && $0.kind == SalvageNote.slim }
  }

  /// Whether a capture of ours made it, whatever became of it later.
  package var isCaptured: Bool {
    notes.contains { $0.owner == SalvageNote.owner && $0.kind == SalvageNote.capture }
  }
}
