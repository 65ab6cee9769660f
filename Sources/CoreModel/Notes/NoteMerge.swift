internal import CoreIO
internal import ELFCore

/// The notes of a repaired core of which some are lost again: those that it names, and the old ones, which a repair leaves
/// where they stood. Of each the copy that is there is taken, none twice, in the order that they had.
struct NoteMerge {
  private(set) var notes: [Note] = []

  /// What is one: the notes of a thread, or one that is of none.
  private struct Unit {
    var key: Key
    var notes: [Note]
  }

  private enum Key: Hashable {
    case thread(UInt64)
    case process(Note.Kind)
    /// Anything else, by what it holds.
    case other(owner: [UInt8], kind: Note.Kind, descriptor: [UInt8])
  }

  init(
    named: [Note], old: [Note], _ source: any ByteSource, _ format: ELFFormat
  ) throws(SalvageError) {
    let ours = named.filter { $0.owner == SalvageNote.owner }
    let new = try Self.units(named.filter { $0.owner != SalvageNote.owner }, source, format)
    let old = try Self.units(old.filter { $0.owner != SalvageNote.owner }, source, format)
    var places: [Key: Int] = [:]
    for (index, unit) in old.enumerated() where places[unit.key] == nil {
      places[unit.key] = index
    }
    let known = Set(new.map(\.key))
    var next = 0
    func appendOld(to end: Int) {
      for unit in old[next..<max(next, end)] where !known.contains(unit.key) { notes += unit.notes }
      next = max(next, end)
    }
    for unit in new {
      guard let place = places[unit.key] else {
        notes += unit.notes
        continue
      }
      appendOld(to: place)
      // Of a thread some registers may be lost in one copy and not in the other.
      notes += old[place].notes.count > unit.notes.count ? old[place].notes : unit.notes
    }
    appendOld(to: old.count)
    notes += ours
  }

  private static func units(
    _ notes: [Note], _ source: any ByteSource, _ format: ELFFormat
  ) throws(SalvageError) -> [Unit] {
    var window = ByteWindow(source)
    var units: [Unit] = []
    for note in notes {
      if KnownNotes.belongsToThread(note), case .thread? = units.last?.key {
        units[units.count - 1].notes.append(note)
        continue
      }
      // A thread's first bytes hold its id, and enough to tell it from another of the same.
      let bytes = try window.bytes(
        at: note.descriptorOffset, count: Int(min(note.descriptorSize, 4096)))
      let key: Key
      if note.isProcessNote, note.kind == .threadStatus,
        let thread = ThreadStatus(bytes.span, machine: Machine(rawValue: 0), in: format)
      {
        key = .thread(UInt64(thread.id))
      } else if KnownNotes.isSingle(note) {
        key = .process(note.kind)
      } else {
        key = .other(owner: note.owner, kind: note.kind, descriptor: bytes)
      }
      units.append(Unit(key: key, notes: [note]))
    }
    return units
  }
}
