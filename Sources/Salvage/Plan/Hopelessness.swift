internal import CoreModel
internal import ELFCore

/// Why nothing of a core can be used; nil where something can.
struct Hopelessness {
  let reason: String
  /// Where it was cut.
  let offset: UInt64?

  init?(_ core: borrowing Core, _ segments: Segments) {
    let (structure, process) = (core.structure, core.process)
    guard process.threads.isEmpty, segments.memory.isGone,
      !structure.notes.contains(where: \.isForeign),
      structure.notes.isEmpty || process.writer.foreignSystem == nil
    else { return nil }
    let causes = Set(core.damage.extents.compactMap(\.cause))
    let nothing = "no thread and no memory survived"
    if core.wayIn.offsets.isMoved, !core.wayIn.isMended, let seam = core.wayIn.offsets.seams.first {
      reason =
        "\(nothing) where it belongs: \(seam.sentence.dropLast()); --shifts mend puts back what follows"
      offset = nil
      return
    }
    guard causes == [.pastEnd] else {
      let words = causes.sorted { $0.rawValue > $1.rawValue }.map(\.words)
      reason = "\(nothing): all of it is \(words.joined(separator: ", or "))"
      offset = nil
      return
    }
    reason = "cut inside \(Self.place(structure)); \(nothing)"
    offset = structure.sizeFound
  }

  private static func place(_ structure: CoreStructure) -> String {
    let found = structure.sizeFound
    if found < structure.tableRange.upperBound { return "the program header table" }
    let isInNotes = structure.programHeaders.contains {
      $0.kind == .note && $0.fileSize > 0 && found < ($0.fileEnd ?? .max)
    }
    return isInNotes ? "the notes" : "the memory"
  }
}

extension Note {
  /// Whether it is neither Linux' nor ours: what it tells may be all that somebody wants.
  fileprivate var isForeign: Bool {
    !owner.isEmpty && descriptorSize > 0 && !isProcessNote && owner != KnownNotes.linux
      && owner != SalvageNote.owner
  }
}
