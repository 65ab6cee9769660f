package import ELFCore

/// What is known of a core's notes only when all of them were read once, and counts when they are read again.
package struct NoteRules: Hashable, Sendable {
  /// The machine of a core all of whose threads have an id; nil where they need not.
  package var threadsHaveIDs: Machine?
  /// Whether zeros where a note is due are damage, of which some may be the end of the note before. Where bytes are missing
  /// they may be those of a later note.
  package var zerosAreDamage = false

  package init() {}

  /// nil where nothing more is known than before.
  package init?(_ structure: CoreStructure, isInPlace: Bool) {
    if structure.mayLackID, structure.writer.givesThreadIDs {
      threadsHaveIDs = structure.header.machine
    }
    zerosAreDamage = isInPlace && !structure.damagedNotes.isEmpty
    guard self != NoteRules() else { return nil }
  }
}
