package import CoreIO
package import ELFCore

/// Finds the whole notes of a segment in which some are not: what is damaged ends where the next note begins that is
/// known, of its type's size, and followed by another or by the end.
///
/// Nothing is taken for a note that may lie inside one: of a note whose size can't be trusted, the size of its type counts.
package struct NoteSearch {
  package struct Result {
    package var notes: [Note] = []
    /// Ranges whose bytes are there, and that hold no whole note, or one of a thread that can't be told.
    package var damaged: [Range<UInt64>] = []
    /// Whether it goes on after its last whole note, or one inside it is lost.
    var isCut = false
  }

  package private(set) var reader: NoteReader
  private let present: DamageMap
  private let segment: Range<UInt64>
  /// The end of the segment, or of the file where that comes first.
  private let limit: UInt64
  private let alignment: UInt64
  /// Whether a PT_NOTE says where the segment ends; padding may follow the notes of another.
  private let isNamed: Bool
  private var known = KnownNotes()
  private var found = Result()
  /// The types taken of which a core has one note.
  private var singles: Set<Note.Kind> = []
  /// Bytes that are searched, and where they stand.
  private var block: [UInt8] = []
  private var blockStart: UInt64 = 0
  /// Whether registers that come next are of a thread whose NT_PRSTATUS may be lost.
  private var isThreadLost = true

  /// The kernel writes a handful of notes for each of at most some 100,000 threads.
  static let mostNotes = 1 << 22

  init(
    _ reader: NoteReader, _ present: DamageMap, _ segment: ProgramHeader, alignment: UInt64,
    isNamed: Bool
  ) throws(SalvageError) {
    self.reader = reader
    self.present = present
    self.segment = segment.fileOffset..<(segment.fileEnd ?? .max)
    self.alignment = alignment
    self.isNamed = isNamed
    limit = max(
      self.segment.lowerBound, min(self.segment.upperBound, reader.source.size))
    known = try candidates()
  }

  /// Whether the file ends inside the segment.
  private var isFileCut: Bool { limit < segment.upperBound }

  package mutating func result() throws(SalvageError) -> Result {
    var offset = segment.lowerBound
    while offset < limit, found.notes.count < Self.mostNotes {
      if segment.upperBound - offset < alignment { break }
      let note = try reader.note(at: offset, alignment: alignment)
      if let note, try isWhole(note) {
        take(note)
        offset = end(of: note)
      } else if let note, isPartlyLost(note) {
        found.isCut = true
        if !KnownNotes.knows(note) || note.kind == .threadStatus { isThreadLost = true }
        offset = end(of: note)
      } else {
        offset = try skip(from: offset, note)
      }
    }
    if offset < segment.upperBound, segment.upperBound - offset >= alignment { found.isCut = true }
    return found
  }

  /// Where the note after this one begins.
  private func end(of note: Note) -> UInt64 {
    roundUp(note.fileEnd - segment.lowerBound, to: alignment) + segment.lowerBound
  }

  private mutating func take(_ note: Note) {
    if KnownNotes.belongsToThread(note) {
      // A debugger would give them to the thread before.
      guard !isThreadLost else {
        found.isCut = true
        return lose(note.fileOffset..<end(of: note))
      }
    } else if note.isProcessNote, note.kind == .threadStatus {
      isThreadLost = false
    }
    if KnownNotes.isSingle(note) { singles.insert(note.kind) }
    found.notes.append(note)
  }

  private mutating func lose(_ range: Range<UInt64>) {
    let range = range.clamped(to: segment.lowerBound..<limit)
    guard !range.isEmpty else { return }
    if let last = found.damaged.last, last.upperBound >= range.lowerBound {
      found.damaged[found.damaged.count - 1] =
        last
        .lowerBound..<max(
          last.upperBound, range.upperBound)
    } else {
      found.damaged.append(range)
    }
  }

  // MARK: Notes that stand where one is due

  private mutating func isWhole(_ note: Note) throws(SalvageError) -> Bool {
    guard note.fileEnd <= limit, !note.isEmpty, note.hasGoodName, !known.contradicts(note),
      present.survives(note.fileRange), try reader.holdsSense(note)
    else { return false }
    if try isFollowed(note) || known.size(of: note) == note.descriptorSize { return true }
    if note.isProcessNote, [.mappedFiles, .auxiliaryVector].contains(note.kind) { return true }
    guard !KnownNotes.isMissized(note, in: reader.format), try !isFollowedOtherwise(note)
    else { return false }
    // Its size leads nowhere. It is taken at its word where nothing in it is another note.
    return try firstNote(from: note.fileOffset + 4, to: note.fileEnd) == nil
  }

  /// Whether it is known how long it is, and not all of it is there.
  private func isPartlyLost(_ note: Note) -> Bool {
    note.fileEnd <= limit && !note.isEmpty && note.hasGoodName && !known.contradicts(note)
      && !present.survives(note.fileRange)
  }

  /// Whether another note comes after it, or the end.
  private mutating func isFollowed(_ note: Note) throws(SalvageError) -> Bool {
    let next = end(of: note)
    guard next < segment.upperBound, segment.upperBound - next >= alignment else { return true }
    let header = next..<next + UInt64(Note.headerSize)
    // What is cut off or lost speaks neither for it nor against it.
    guard header.upperBound <= limit else { return isFileCut }
    guard present.survives(header) else { return true }
    // That one's own size may be damaged.
    return try reader.note(at: next, alignment: alignment, isPeek: true)
      .map(KnownNotes.knows) ?? false
  }

  /// Whether another comes after it if it has another size that its type has on some machine.
  private mutating func isFollowedOtherwise(_ note: Note) throws(SalvageError) -> Bool {
    for size in KnownNotes.sizes(of: note, in: reader.format) where size != note.descriptorSize {
      var other = note
      other.descriptorSize = size
      // Only what is there speaks for it.
      let header = end(of: other)..<end(of: other) + UInt64(Note.headerSize)
      guard header.upperBound <= limit ? present.survives(header) : !isFileCut else { continue }
      if other.fileEnd <= limit, try isFollowed(other) { return true }
    }
    return false
  }

  // MARK: What is none

  /// Goes from where no whole note stands to the next one.
  private mutating func skip(from offset: UInt64, _ note: Note?) throws(SalvageError) -> UInt64 {
    let wasCut = found.isCut
    found.isCut = true
    let header = offset..<min(offset + UInt64(Note.headerSize), limit)
    guard present.survives(header) else {
      isThreadLost = true
      return try firstNote(from: header.upperBound, to: limit) ?? limit
    }
    var next = try nextByType(note)
    if next == nil { next = try firstNote(from: offset + 4, to: limit) }
    var start = offset
    if let note, note.ownerSize == 0 {
      if next == nil, try isPadding(offset) {
        found.isCut = wasCut
        return limit
      }
      // The zeros are lost with all that they are part of.
      if let last = found.notes.last, end(of: last) == offset, try endsInZeros(last, lost: offset) {
        start = last.fileOffset
        found.notes.removeLast()
      }
    }
    if !isOneOfNoThread(note, until: next), mayHoldThread(start..<(next ?? limit)) {
      isThreadLost = true
    }
    // What the end of the file cuts is a note as far as anybody can tell.
    if next == nil, isFileCut, start == offset, isCutOff(note, at: offset) { return limit }
    lose(start..<(next ?? limit))
    return next ?? limit
  }

  /// Whether the zeros where the next note is due began in this one, as far as anybody can tell.
  private mutating func endsInZeros(
    _ note: Note, lost offset: UInt64
  ) throws(SalvageError) -> Bool {
    if reader.rules.zerosAreDamage { return try reader.endsInStrayZeros(note) }
    let blocks = try reader.zeroedBlocks(around: offset, in: segment.lowerBound..<limit)
    return !blocks.isEmpty && note.fileEnd > blocks.lowerBound
  }

  /// Whether what follows the last note is what the kernel writes between the notes and memory: zeros up to the next page.
  private func isPadding(_ offset: UInt64) throws(SalvageError) -> Bool {
    guard !isNamed else { return false }
    let end = min(limit, roundUp(offset, to: 4096))
    return try reader.source.bytes(at: offset, count: Int(end - offset)).areZeros
  }

  /// Where the next note stands by the size of this one's type, which is known though its own is wrong.
  private mutating func nextByType(_ note: Note?) throws(SalvageError) -> UInt64? {
    guard var note, KnownNotes.knows(note), let size = known.size(of: note) else { return nil }
    note.descriptorSize = size
    guard note.fileEnd <= limit, try isFollowed(note) else { return nil }
    return min(end(of: note), limit)
  }

  /// Whether what is skipped is one note, and that of no thread.
  private func isOneOfNoThread(_ note: Note?, until next: UInt64?) -> Bool {
    guard let note, let next, KnownNotes.knows(note), note.kind != .threadStatus else {
      return false
    }
    return note.fileEnd <= limit && end(of: note) == next
  }

  /// Whether a range is long enough for an NT_PRSTATUS.
  private func mayHoldThread(_ range: Range<UInt64>) -> Bool {
    let status = Note(
      kind: .threadStatus, owner: KnownNotes.core, ownerSize: UInt32(KnownNotes.core.count + 1),
      fileOffset: 0, descriptorOffset: 0, descriptorSize: 0)
    return range.length >= UInt64(KnownNotes.shortest) + (known.size(of: status) ?? 0)
  }

  private func isCutOff(_ note: Note?, at offset: UInt64) -> Bool {
    guard let note, limit - offset >= UInt64(Note.headerSize) else { return true }
    // Of its owner's name some bytes may be there.
    return !note.isEmpty && note.fileEnd > limit && !known.contradicts(note)
      && note.owner.allSatisfy { (0x20..<0x7f).contains($0) }
  }

  // MARK: Searching

  /// The first offset from one up to another where a whole note stands that can be no part of another.
  private mutating func firstNote(
    from offset: UInt64, to end: UInt64
  ) throws(SalvageError) -> UInt64? {
    var start = offset
    while let note = try nextKnown(from: start, to: end) {
      if try isCertain(note) { return note.fileOffset }
      start = note.fileOffset + 4
    }
    return nil
  }

  private mutating func isCertain(_ note: Note) throws(SalvageError) -> Bool {
    guard note.fileEnd <= limit, note.descriptorSize > 0, !known.contradicts(note),
      present.survives(note.fileRange),
      try isFollowed(note) || KnownNotes.hasOneSize(note) && known.size(of: note) != nil
    else { return false }
    guard !KnownNotes.isSingle(note) || !singles.contains(note.kind) else { return false }
    return try reader.holdsSense(note)
  }

  /// What all that look like notes and are followed by others tell of the sizes of their types.
  private mutating func candidates() throws(SalvageError) -> KnownNotes {
    var tally = KnownNotes.Tally()
    var start = segment.lowerBound
    while let note = try nextKnown(from: start, to: limit) {
      if note.fileEnd <= limit, try isFollowed(note) { tally.add(note) }
      start = note.fileOffset + 4
    }
    return KnownNotes(tally)
  }

  /// The next header of a known owner and type.
  private mutating func nextKnown(
    from offset: UInt64, to end: UInt64
  ) throws(SalvageError) -> Note? {
    var start = roundUp(offset - segment.lowerBound, to: 4) + segment.lowerBound
    while start < end {
      guard let position = try searched(from: start, to: end) else { return nil }
      start = blockStart + UInt64(position)
      // Where the search ends inside the block, so does the look at it.
      let last = min(block.count - KnownNotes.shortest, Int(clamping: end - 1 - blockStart))
      var next = position
      while next <= last {
        let name = next + Note.headerSize
        if KnownNotes.mayBegin(with: block[name]), KnownNotes.mayBegin(block[name...]),
          let note = try reader.note(at: blockStart + UInt64(next), alignment: alignment),
          KnownNotes.knows(note)
        {
          return note
        }
        next += 4
      }
      // The next block begins where no note was looked for yet.
      start += UInt64((last - position) / 4 * 4 + 4)
    }
    return nil
  }

  /// Reads the bytes from an offset on, or from the next that is in no hole, where they are not here. Gives where they
  /// stand in the block; nil where too few follow for a note.
  private mutating func searched(
    from offset: UInt64, to end: UInt64
  ) throws(SalvageError) -> Int? {
    let shortest = UInt64(KnownNotes.shortest)
    if offset >= blockStart, offset - blockStart + shortest <= UInt64(block.count) {
      return Int(offset - blockStart)
    }
    guard let data = reader.source.firstData(in: offset..<end) else { return nil }
    let step = (data.lowerBound - segment.lowerBound) / 4 * 4 + segment.lowerBound
    blockStart = max(offset, step)
    let wanted = end - min(end, blockStart) +| shortest
    block = try reader.source.bytes(at: blockStart, count: Int(min(wanted, 1 << 16)))
    return block.count >= KnownNotes.shortest ? 0 : nil
  }
}
