internal import ELFCore

extension CoreStructure {
  /// Whether a repair of ours left notes in it.
  package var isRepaired: Bool {
    let ours = notes.lazy.filter { $0.owner == SalvageNote.owner }
    // A capture leaves LOST and CAPTURE.
    let captures = ours.count { $0.kind == SalvageNote.capture }
    let losses = ours.count { $0.kind == SalvageNote.lost }
    return losses > captures
      || ours.contains { ![SalvageNote.capture, SalvageNote.lost].contains($0.kind) }
  }

  /// Whether a capture of ours made it, whatever became of it later.
  package var isCaptured: Bool {
    notes.contains { $0.owner == SalvageNote.owner && $0.kind == SalvageNote.capture }
  }
}
