import ELFCore

extension NoteSearch.Result {
  /// Of notes that lead from one to the next up to the end those whose thread is known: every thread's notes begin with its
  /// NT_PRSTATUS, and have its floating point registers once. Other registers are of a thread whose NT_PRSTATUS is none by its
  /// owner or type any more; a debugger would give them to the thread before.
  init(plain all: [Note]) {
    self.init()
    var isThreadKnown = false
    var hasFloatingPoint = false
    for note in all {
      if note.isProcessNote, note.kind == .threadStatus {
        isThreadKnown = true
        hasFloatingPoint = false
      } else if note.isProcessNote, note.kind == .floatingPoint {
        if hasFloatingPoint { isThreadKnown = false }
        hasFloatingPoint = true
        if !isThreadKnown { isCut = true }
      }
      guard isThreadKnown || !isCut || !KnownNotes.belongsToThread(note) else {
        damaged.append(note.fileRange)
        continue
      }
      notes.append(note)
    }
  }
}
