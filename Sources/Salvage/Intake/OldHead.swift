internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The head of a core as it was before its repairs: its notes, put back to where they stood, and its program headers.
///
/// A repair writes the notes anew behind everything else, and a new table that may be shorter or stand elsewhere. Nothing names
/// the old notes then, nor the rest of the old table: what is lost of them later is no loss, and no list has it. But the new
/// notes are the same, but for NT_FILE, of which the FILE note has what it was; and each old program header is there, or
/// LOST has what it named.
struct OldHead {
  /// The core as it was, its notes in their places.
  let source: PatchedSource
  /// Where something is there again that is lost at its place: in order, and apart.
  let putBack: [Range<UInt64>]
  /// What the program headers were; nil where the old table is there.
  let table: HeaderTable?

  /// Of a core with so many there are too many runs to look through.
  private static let mostRuns = 1 << 16

  /// - Parameters:
  ///   - original: the core as it was, but for what is lost of it since.
  ///   - repairs: those that were made of it.
  init(
    of original: PatchedSource, _ repaired: Core, _ repairs: ArraySlice<PriorRepair>
  ) throws(SalvageError) {
    guard let repair = repairs.first, let structure = try? Probe.structure(of: original),
      try !Self.isProven(structure, original, repair)
    else {
      self.init(source: original, putBack: [], table: nil)
      return
    }
    let isTableLost = !structure.zeroedEntries.isEmpty
    var segments = NoteWalk.apart(structure.programHeaders)
    if segments.isEmpty, isTableLost { segments = [Self.segment(structure, repaired)] }
    let placed = try Self.place(
      Array(repaired.structure.notes[..<repair.firstNote]), in: segments, of: original, repaired,
      repair)
    var lost: [LostRange] = []
    var rebuilt: [RebuiltRange] = []
    if isTableLost {
      for repair in repairs {
        // What a later one lost of what an earlier one had put in was no memory of the process.
        let added = rebuilt.sorted { $0.address < $1.address }
        lost += try (repair.lost()?.ranges ?? []).filter { lost in
          let after = added.partitioningIndex { $0.address > lost.address }
          return after == 0 || added[after - 1].address +| added[after - 1].length <= lost.address
        }
        rebuilt += try repair.rebuilt()?.ranges ?? []
      }
    }
    self.init(
      source: placed?.source ?? original,
      putBack: (placed?.ranges ?? []) + (isTableLost ? [structure.tableRange] : []),
      table: isTableLost
        ? repaired.structure.tableBefore(lost: lost, rebuilt: rebuilt, notes: segments) : nil)
  }

  private init(source: PatchedSource, putBack: [Range<UInt64>], table: HeaderTable?) {
    self.source = source
    self.putBack = putBack.sorted { $0.lowerBound < $1.lowerBound }
    self.table = table
  }

  /// Whether its headers and notes are those that the repair found.
  private static func isProven(
    _ structure: CoreStructure, _ original: PatchedSource, _ repair: PriorRepair
  ) throws(SalvageError) -> Bool {
    guard let origin = try repair.origin() else { return false }
    return try OriginNote(String(decoding: origin, as: UTF8.self))?
      .isOf(HeadDigest.of(structure, original)) ?? false
  }

  /// Where the kernel puts the notes: behind the table, and before memory.
  private static func segment(_ structure: CoreStructure, _ repaired: Core) -> ProgramHeader {
    let start = structure.tableRange.upperBound
    let memory = repaired.structure.programHeaders.lazy
      .filter { $0.kind == .load && $0.fileSize > 0 && $0.fileOffset >= start }.map(\.fileOffset)
    let end = min(memory.min() ?? structure.sizeFound, structure.sizeFound)
    return ProgramHeader(
      kind: .note, flags: [], fileOffset: start, address: 0, fileSize: max(start, end) - start,
      memorySize: 0, alignment: 4)
  }

  /// nil where it can't be told where the notes would belong.
  private static func place(
    _ notes: [Note], in segments: [ProgramHeader], of original: PatchedSource, _ repaired: Core,
    _ repair: PriorRepair
  ) throws(SalvageError) -> (source: PatchedSource, ranges: [Range<UInt64>])? {
    guard !notes.isEmpty else { return nil }
    let lost = try repair.lost()?.ranges.filter { $0.address == 0 }.compactMap(\.extent) ?? []
    let files = repaired.structure.originalFiles
    func content(_ note: Note) -> Note {
      note.isProcessNote && note.kind == .mappedFiles ? files ?? note : note
    }
    var placing = Placing(segments, lost.map(\.range), end: original.size)
    for note in notes {
      guard placing.place(note, content(note)), placing.runs.count < mostRuns else { return nil }
    }
    let source = PatchedSource(
      base: original.base, runs: PatchedSource.laid(original.runs, over: placing.runs),
      size: original.size)
    // Only what is found there again was put where it belongs.
    var present = DamageMap(sizeFound: original.size, sizeDue: original.size)
    present.lose(lost)
    guard let found = try? Probe.structure(of: source, present: present).notes,
      found.count >= notes.count,
      zip(found, notes).allSatisfy({ found, note in
        found.kind == note.kind && found.owner == note.owner
          && found.descriptorSize == content(note).descriptorSize
      })
    else { return nil }
    return (source, placing.ranges)
  }
}

/// One note after another, in the segments that they stood in.
private struct Placing {
  private let segments: ArraySlice<ProgramHeader>
  /// What was lost of them when the repair found them: in order.
  private let lost: [Range<UInt64>]
  private let end: UInt64
  private var segment = 0
  private var position: UInt64
  private(set) var runs: [PatchedSource.Run] = []
  private(set) var ranges: [Range<UInt64>] = []

  init(_ segments: [ProgramHeader], _ lost: [Range<UInt64>], end: UInt64) {
    // What lies out of order, no writer has made.
    let isInOrder = segments.indices.dropFirst().allSatisfy {
      segments[$0 - 1].fileOffset < segments[$0].fileOffset
    }
    self.segments = isInOrder ? segments[...] : []
    self.lost = lost.map { $0.clamped(to: 0..<end) }.sorted { $0.lowerBound < $1.lowerBound }
    self.end = end
    position = segments.first?.fileOffset ?? 0
  }

  /// Puts a note where the next one stood. `content` has its descriptor, and the size of that in its header. False where
  /// there is no place for it.
  mutating func place(_ note: Note, _ content: Note) -> Bool {
    while segment < segments.count {
      let header = segments[segment]
      let alignment: UInt64 = header.alignment == 8 ? 8 : 4
      let first = header.fileOffset
      let next = lost.partitioningIndex { $0.upperBound > position }
      if first < end, next < lost.count, lost[next].contains(position) {
        position = first + roundUp(lost[next].upperBound - first, to: alignment)
        continue
      }
      let headSize = roundUp(UInt64(Note.headerSize) + UInt64(note.ownerSize), to: alignment)
      let start = position +| headSize
      let range = position..<(start +| content.descriptorSize)
      guard first < end, range.upperBound <= min(end, header.fileEnd ?? end) else {
        segment += 1
        if segment < segments.count { position = segments[segment].fileOffset }
        continue
      }
      guard next == lost.count || lost[next].lowerBound >= range.upperBound else { return false }
      append(note, content, at: position, start)
      // What lies between them is padding.
      if let last = ranges.last, range.lowerBound >= last.upperBound,
        range.lowerBound - last.upperBound < alignment
      {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
      position = first + roundUp(range.upperBound - first, to: alignment)
      return true
    }
    return false
  }

  private mutating func append(_ note: Note, _ content: Note, at place: UInt64, _ start: UInt64) {
    let head = note.fileOffset..<note.fileOffset + UInt64(Note.headerSize) + UInt64(note.ownerSize)
    if content.descriptorOffset == note.descriptorOffset {
      append(head, at: place)
    } else {
      append(head.lowerBound..<head.lowerBound + 4, at: place)
      append(content.fileOffset + 4..<content.fileOffset + 8, at: place + 4)
      append(head.lowerBound + 8..<head.upperBound, at: place + 8)
    }
    append(content.descriptorOffset..<content.fileEnd, at: start)
  }

  private mutating func append(_ bytes: Range<UInt64>, at place: UInt64) {
    guard !bytes.isEmpty else { return }
    if let last = runs.last, bytes.lowerBound >= last.bytes.upperBound,
      bytes.lowerBound - last.bytes.upperBound == place - last.range.upperBound,
      bytes.lowerBound - last.bytes.upperBound < 8
    {
      // What lies between is padding, here and there.
      runs[runs.count - 1].bytes = last.bytes.lowerBound..<bytes.upperBound
      return
    }
    runs.append(.init(offset: place, bytes: bytes))
  }
}
