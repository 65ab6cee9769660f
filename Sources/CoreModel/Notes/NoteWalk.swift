package import CoreIO
package import ELFCore

/// Walks the notes of every PT_NOTE by their headers, and takes those that are whole.
package struct NoteWalk {
  /// In the order of the segments, and in each in the order of the file.
  package private(set) var notes: [Note] = []
  /// Whether a segment goes on after its last whole note, or one inside it is lost.
  package private(set) var isCut = false
  /// Ranges of PT_NOTEs whose bytes are there, and are no whole note.
  package private(set) var damaged: [Range<UInt64>] = []
  /// Whether a PT_NOTE names more or fewer bytes than its notes have.
  package private(set) var isMissized = false
  /// Whether the notes are none that a PT_NOTE named.
  package private(set) var isUnnamed = false
  /// Whether some are none that a PT_NOTE named, and stand for others that are lost.
  package private(set) var isMerged = false
  /// The NT_FILE that no PT_NOTE named.
  package private(set) var oldFiles: Note?

  private var reader: NoteReader
  private let present: DamageMap

  package init(
    _ source: any ByteSource, _ present: DamageMap, _ format: ELFFormat,
    _ headers: [ProgramHeader], _ rules: NoteRules = NoteRules()
  ) throws(SalvageError) {
    self.present = present
    reader = NoteReader(source, present, format, rules)
    let segments = Self.apart(headers)
    var starts = segments.map(\.fileOffset)
    for header in headers where header.kind == .load && header.fileSize > 0 {
      starts.append(header.fileOffset)
    }
    self.starts = starts.sorted()
    for header in segments { try walk(header) }
  }

  /// Whether a thread without an id may be among them.
  package var mayLackID: Bool { reader.hasTakenNoID }

  /// Where the bytes of memory and of other notes begin.
  private let starts: [UInt64]

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
    var segment = segment
    let next = starts.partitioningIndex { $0 > segment.fileOffset }
    let bound = next < starts.count ? starts[next] : .max
    let isTooLong = segment.fileEnd ?? .max > bound
    if isTooLong {
      // Memory is no note, whatever a damaged size says; nor is one a part of another.
      segment.fileSize = bound - segment.fileOffset
      isMissized = true
    }
    var result = try bestResult(segment, isNamed: !isTooLong)
    if result.isCut, let end = segment.fileEnd, end < min(bound, reader.source.size) {
      var longer = segment
      longer.fileSize = min(bound, reader.source.size) - segment.fileOffset
      let more = try searched(
        longer, alignment: segment.alignment == 8 ? 8 : 4, isNamed: false)
      // What it does not name is believed only where a note goes on over its end.
      if more.notes.contains(where: { $0.fileOffset < end && $0.fileEnd > end }) {
        result.notes = more.notes
        result.damaged = more.damaged.filter { $0.lowerBound < end }.map {
          $0.clamped(to: segment.fileOffset..<end)
        }
        isMissized = true
      }
    }
    notes += result.notes
    damaged += result.damaged
    isCut = isCut || result.isCut
  }

  /// gABI says 8 for 64-bit files, and only alignment 8 in `p_align` is meant so; everything else is padded to 4. Some
  /// writers say one and do the other: theirs is the way that leads from note to note up to the end.
  private mutating func bestResult(
    _ segment: ProgramHeader, isNamed: Bool
  ) throws(SalvageError) -> NoteSearch.Result {
    let declared: UInt64 = segment.alignment == 8 ? 8 : 4
    if let notes = try plainNotes(segment, alignment: declared) { return .init(plain: notes) }
    if let notes = try plainNotes(segment, alignment: declared == 8 ? 4 : 8),
      notes.allSatisfy(\.hasGoodName)
    {
      return .init(plain: notes)
    }
    return try searched(segment, alignment: declared, isNamed: isNamed)
  }

  private mutating func searched(
    _ segment: ProgramHeader, alignment: UInt64, isNamed: Bool
  ) throws(SalvageError) -> NoteSearch.Result {
    var search = try NoteSearch(reader, present, segment, alignment: alignment, isNamed: isNamed)
    let result = try search.result()
    // What it spent of the budget is spent for all.
    reader = search.reader
    return result
  }

  /// One note after another, each found by the size of the one before, up to the segment's end; nil where anything about
  /// them is not as it should be.
  private mutating func plainNotes(
    _ segment: ProgramHeader, alignment: UInt64
  ) throws(SalvageError) -> [Note]? {
    guard let end = segment.fileEnd, end <= reader.source.size,
      present.survives(segment.fileOffset..<end)
    else { return nil }
    var notes: [Note] = []
    var known = KnownNotes()
    var offset = segment.fileOffset
    while offset < end, notes.count < NoteSearch.mostNotes {
      // Up to 7 bytes of padding may follow the last note.
      guard end - offset >= alignment else { break }
      if let last = notes.last {
        offset += try filling(offset..<end, after: last)
        guard end - offset >= alignment else { break }
      }
      guard let note = try reader.note(at: offset, alignment: alignment), note.fileEnd <= end,
        !note.isEmpty, known.agrees(with: note), try reader.holdsSense(note)
      else { return nil }
      notes.append(note)
      offset = roundUp(note.fileEnd - segment.fileOffset, to: alignment) + segment.fileOffset
    }
    // Who writes notes that we know names all of them well. A wrong size may lead through what is in a note to the end.
    guard offset <= roundUp(end, to: alignment),
      notes.allSatisfy(\.hasGoodName) || !notes.contains(where: KnownNotes.knows)
    else { return nil }
    return notes
  }

  /// How many bytes of empty notes a range begins with, fewer than any device loses, behind a note that is sure to end
  /// there: a writer that shortened its NT_FILE leaves them, and every reader takes them.
  private func filling(_ range: Range<UInt64>, after last: Note) throws(SalvageError) -> UInt64 {
    guard last.isProcessNote, last.kind == .mappedFiles else { return 0 }
    let sector = 512
    let bytes = try reader.source.bytes(
      at: range.lowerBound, count: Int(min(range.length, UInt64(sector))))
    let zeros = bytes.prefix { $0 == 0 }.count
    return zeros < sector ? UInt64(zeros / Note.headerSize * Note.headerSize) : 0
  }

  /// Takes the notes of a range that no PT_NOTE names, where one that is named is lost: the old ones of a repaired core,
  /// or those of a core whose table was damaged.
  package mutating func findUnnamed(in range: Range<UInt64>) throws(SalvageError) {
    let mostSearched: UInt64 = 16 << 20
    guard notes.isEmpty || isCut, !range.isEmpty else { return }
    let segment = ProgramHeader(
      kind: .note, flags: [], fileOffset: range.lowerBound, address: 0,
      fileSize: min(range.length, mostSearched), memorySize: 0, alignment: 4)
    let old = try searched(segment, alignment: 4, isNamed: false).notes
    guard !old.isEmpty else { return }
    if notes.isEmpty {
      notes = old
      isUnnamed = true
    } else {
      notes = try NoteMerge(named: notes, old: old, reader.source, reader.format).notes
      isMerged = true
    }
    oldFiles = old.first { $0.isProcessNote && $0.kind == .mappedFiles }
  }
}
