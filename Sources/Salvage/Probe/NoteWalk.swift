package import ELFCore

/// Walks the notes of every PT_NOTE by their headers, and takes those that are whole.
package struct NoteWalk {
  /// In the order of the segments, and in each in the order of the file.
  package private(set) var notes: [Note] = []
  /// Whether a segment goes on after its last whole note, or one inside it is lost.
  package private(set) var isCut = false
  /// Ranges of PT_NOTEs whose bytes are there, and are no whole note.
  package private(set) var damaged: [Range<UInt64>] = []
  /// Whether the notes are none that a PT_NOTE named.
  package private(set) var isUnnamed = false

  private var window: ByteWindow
  private let source: any ByteSource
  private let present: DamageMap
  private let format: ELFFormat

  /// The kernel writes a handful of notes for each of at most some 100,000 threads.
  private static let mostNotes = 1 << 22

  package init(
    _ source: any ByteSource, _ present: DamageMap, _ format: ELFFormat,
    _ headers: [ProgramHeader]
  ) throws(SalvageError) {
    self.source = source
    self.present = present
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

  /// gABI says 8 for 64-bit files, and only alignment 8 in `p_align` is meant so; everything else is padded to 4. Some
  /// writers say one and do the other: theirs is the way that finds more notes, and nothing but good names.
  private mutating func walk(_ segment: ProgramHeader) throws(SalvageError) {
    let declared: UInt64 = segment.alignment == 8 ? 8 : 4
    let (count, wasCut) = (notes.count, isCut)
    let end = try walk(segment, alignment: declared)
    guard isCut, !wasCut, end < min(segment.fileEnd ?? .max, source.size), present.isWhole
    else { return }
    let taken = Array(notes[count...])
    let takenDamage = damaged
    notes.removeLast(taken.count)
    damaged = []
    isCut = false
    _ = try walk(segment, alignment: declared == 8 ? 4 : 8)
    let others = notes[count...]
    let good = taken.count { $0.hasGoodName }
    guard others.count <= good || !others.allSatisfy(\.hasGoodName) else { return }
    notes.removeLast(notes.count - count)
    notes += taken
    damaged = takenDamage
    isCut = true
  }

  /// The end of the last note taken.
  private mutating func walk(
    _ segment: ProgramHeader, alignment: UInt64
  ) throws(SalvageError) -> UInt64 {
    let end = segment.fileEnd ?? .max
    var offset = segment.fileOffset
    while offset < end {
      guard let note = try note(at: offset, alignment: alignment),
        note.fileEnd <= min(end, source.size), notes.count < Self.mostNotes
      else {
        // Up to 7 bytes of padding may follow the last note.
        guard end - offset >= alignment else { return offset }
        isCut = true
        let rest = offset..<max(offset, min(end, source.size))
        guard let next = try nextAfterLoss(rest) else {
          // What a file's end cuts is a note as far as anybody can tell.
          if end <= source.size, present.survives(rest) { damaged.append(rest) }
          return offset
        }
        offset = next
        continue
      }
      if note.isNothing {
        offset = try endOfNothing(from: offset, alignment: alignment, to: min(end, source.size))
        continue
      }
      if present.survives(offset..<note.fileEnd) { notes.append(note) } else { isCut = true }
      offset = roundUp(note.fileEnd - segment.fileOffset, to: alignment) + segment.fileOffset
    }
    isCut = isCut || offset > roundUp(end, to: alignment)
    return offset
  }

  private mutating func note(at offset: UInt64, alignment: UInt64) throws(SalvageError) -> Note? {
    guard offset < source.size,
      present.survives(offset..<min(offset + UInt64(Note.headerSize), source.size))
    else { return nil }
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
    guard var name = owner.span.cString(at: 0, limit: Note.longestOwner) else { return nil }
    // Neighbours share one owner's bytes, as they have one owner as a rule.
    if let last = notes.last?.owner, last == name { name = last }
    return Note(
      kind: Note.Kind(rawValue: UInt32(kind)), owner: name, ownerSize: UInt32(ownerSize),
      fileOffset: offset,
      descriptorOffset: offset + headerSize, descriptorSize: descriptorSize)
  }

  /// Where notes that are all zeros end: they tell nothing, and a hole holds millions of them in no room.
  private func endOfNothing(
    from offset: UInt64, alignment: UInt64, to end: UInt64
  ) throws(SalvageError) -> UInt64 {
    let step = roundUp(UInt64(Note.headerSize), to: alignment)
    let limit = min(end, present.survivingEnd(from: offset))
    let zeros = try source.endOfZeros(from: offset, to: limit)
    return offset + max(1, (zeros - offset) / step) * step
  }

  // MARK: Notes that no header leads to

  /// The first note after a lost range at the beginning of `range`; nil where nothing is lost there.
  private mutating func nextAfterLoss(_ range: Range<UInt64>) throws(SalvageError) -> UInt64? {
    // Inside the source, where no sum overflows.
    guard !range.isEmpty else { return nil }
    let header = range.clamped(to: range.lowerBound..<range.lowerBound + UInt64(Note.headerSize))
    guard !present.survives(header) else { return nil }
    return try firstNote(in: header.upperBound..<range.upperBound)
  }

  /// Takes the notes of a range that no PT_NOTE names, where none was named that is there.
  package mutating func findUnnamed(in range: Range<UInt64>) throws(SalvageError) {
    let mostSearched: UInt64 = 16 << 20
    guard notes.isEmpty, !range.isEmpty else { return }
    let end = range.lowerBound + min(range.length, mostSearched)
    guard let start = try firstNote(in: range.lowerBound..<end) else { return }
    let segment = ProgramHeader(
      kind: .note, flags: [], fileOffset: start, address: 0, fileSize: range.upperBound - start,
      memorySize: 0, alignment: 4)
    _ = try walk(segment, alignment: 4)
    // What follows the notes up to the first segment is padding, and reads as empty notes.
    notes.removeAll { $0.owner.isEmpty }
    isUnnamed = !notes.isEmpty
  }

  /// The first offset in `range` where a note stands that Linux writes.
  private mutating func firstNote(in range: Range<UInt64>) throws(SalvageError) -> UInt64? {
    var start = roundUp(range.lowerBound, to: 4)
    while start < range.upperBound {
      let block = try source.bytes(at: start, count: 1 << 18)
      guard block.count >= Self.shortest else { return nil }
      for position in stride(from: 0, through: block.count - Self.shortest, by: 4) {
        let size = block.span.integer(at: position, size: 4, format.byteOrder)
        let offset = start + UInt64(position)
        guard size == 5 || size == 6, offset < range.upperBound,
          Self.owners.contains(Array(block[position + 12..<position + 12 + Int(size ?? 0)])),
          let note = try note(at: offset, alignment: 4), note.fileEnd <= range.upperBound,
          note.descriptorSize > 0
        else { continue }
        return offset
      }
      // The next block begins where no note was looked for yet.
      start += UInt64((block.count - Self.shortest) / 4 * 4 + 4)
    }
    return nil
  }

  /// A header and one of these owners.
  private static let shortest = 20
  private static let owners = [Array("CORE\0".utf8), Array("LINUX\0".utf8)]
}

extension Note {
  /// Whether its header is zeros.
  fileprivate var isNothing: Bool { ownerSize == 0 && descriptorSize == 0 && kind.rawValue == 0 }

  /// Whether its owner is what every writer gives: printable ASCII and one NUL.
  fileprivate var hasGoodName: Bool {
    !owner.isEmpty && Int(ownerSize) == owner.count + 1
      && owner.allSatisfy { (0x20..<0x7f).contains($0) }
  }
}
