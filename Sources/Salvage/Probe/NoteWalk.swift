package import ELFCore

/// Walks the notes of every PT_NOTE by their headers, and takes those that are whole.
package struct NoteWalk {
  /// In the order of the segments, and in each in the order of the file.
  package private(set) var notes: [Note] = []
  /// Whether a segment goes on after its last whole note.
  package private(set) var isCut = false

  private var window: ByteWindow
  private let source: any ByteSource
  private let format: ELFFormat

  /// The kernel writes a handful of notes for each of at most some 100,000 threads.
  private static let mostNotes = 1 << 22

  package init(
    _ source: any ByteSource, _ format: ELFFormat, _ headers: [ProgramHeader]
  ) throws(SalvageError) {
    self.source = source
    self.format = format
    window = ByteWindow(source)
    for header in Self.apart(headers) { try walk(header) }
  }

  /// The PT_NOTEs, in their order, without those that lie over another: no writer makes such, and a hostile core
  /// could let us walk the same bytes 65,534 times.
  package static func apart(_ headers: [ProgramHeader]) -> [ProgramHeader] {
    let notes = headers.filter { $0.kind == .note && $0.fileSize > 0 }
    guard notes.count > 1 else { return notes }
    var end: UInt64 = 0
    var kept: Set<Int> = []
    for index in notes.indices.sorted(by: { notes[$0].fileOffset < notes[$1].fileOffset })
    where notes[index].fileOffset >= end {
      kept.insert(index)
      end = notes[index].fileEnd ?? .max
    }
    return notes.indices.filter(kept.contains).map { notes[$0] }
  }

  private mutating func walk(_ segment: ProgramHeader) throws(SalvageError) {
    let end = segment.fileEnd ?? .max
    // gABI says 8 for 64-bit files; only alignment 8 in p_align is meant so, everything else is padded to 4.
    let alignment: UInt64 = segment.alignment == 8 ? 8 : 4
    var offset = segment.fileOffset
    while offset < end {
      guard let note = try note(at: offset, alignment: alignment),
        note.fileEnd <= min(end, source.size), notes.count < Self.mostNotes
      else {
        // Up to 7 bytes of padding may follow the last note.
        isCut = isCut || end - offset >= alignment
        return
      }
      notes.append(note)
      offset = roundUp(note.fileEnd - segment.fileOffset, to: alignment) + segment.fileOffset
    }
    isCut = isCut || offset > roundUp(end, to: alignment)
  }

  private mutating func note(at offset: UInt64, alignment: UInt64) throws(SalvageError) -> Note? {
    let header = try window.bytes(at: offset, count: Note.headerSize)
    guard
      let ownerSize = header.span.integer(at: 0, size: 4, format.byteOrder),
      let descriptorSize = header.span.integer(at: 4, size: 4, format.byteOrder),
      let kind = header.span.integer(at: 8, size: 4, format.byteOrder)
    else { return nil }
    let ownerOffset = offset + UInt64(Note.headerSize)
    let owner = try window.bytes(
      at: ownerOffset, count: min(Int(ownerSize), Note.longestOwner))
    // The padding after the owner is counted from the note's beginning.
    let headerSize = roundUp(UInt64(Note.headerSize) + ownerSize, to: alignment)
    guard let name = owner.span.cString(at: 0, limit: Note.longestOwner) else { return nil }
    return Note(
      kind: Note.Kind(rawValue: UInt32(kind)), owner: name, ownerSize: UInt32(ownerSize),
      fileOffset: offset,
      descriptorOffset: offset + headerSize, descriptorSize: descriptorSize)
  }
}
