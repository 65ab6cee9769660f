package import CoreIO
internal import ELFCore

/// What one repair left in a core: its notes, each read when it is asked for. Nobody else reads notes of ours.
///
/// A core that was repaired again has those of each repair, the last one's last. A core that was captured has those of the
/// capture before them: LOST and CAPTURE, and nothing that it could be made undone by. What they say is a file's word: no
/// more is read of them, nor kept, than there are bytes for.
package struct PriorRepair: Sendable {
  private let source: any ByteSource
  private let format: ELFFormat
  private var lostNote: Range<UInt64>?
  private var originNote: Range<UInt64>?
  private var rebuiltNote: Range<UInt64>?
  private var headNote: Range<UInt64>?
  private var captureNote: Range<UInt64>?
  private var slimNote: Range<UInt64>?
  private var doubtNote: Range<UInt64>?
  /// The index in the structure's notes of its first one: those before it were there when it began.
  package private(set) var firstNote = 0
  /// The descriptor of the FILE note: NT_FILE as the repair found it.
  package private(set) var mappedFiles: Range<UInt64>?

  /// Nobody repairs a core so often. Of a core that has more, the last ones count.
  private static let mostRepairs = 4096
  private static let largestOrigin: UInt64 = 64 << 10

  /// Of all repairs, in their order; none for a core that we never repaired.
  package static func all(
    in structure: CoreStructure, _ source: any ByteSource
  ) -> [PriorRepair] {
    guard !structure.ownNotes.isEmpty else { return [] }
    var repairs: [PriorRepair] = []
    var next = 0
    // Backwards, from the one that made the core what it is.
    for (index, note) in structure.notes.enumerated().reversed()
    where note.owner == SalvageNote.owner {
      guard let rank = Self.order.firstIndex(of: note.kind) else { continue }
      // What a capture wrote ends with its CAPTURE note.
      if repairs.isEmpty || rank >= next || note.kind == SalvageNote.capture {
        guard repairs.count < mostRepairs else { break }
        repairs.append(PriorRepair(source: source, format: structure.format))
      }
      next = rank
      let descriptor = note.descriptorOffset..<note.fileEnd
      repairs[repairs.count - 1].take(note.kind, descriptor)
      repairs[repairs.count - 1].firstNote = index
    }
    return repairs.reversed()
  }

  /// The repair that made the core what it is.
  package static func last(
    in structure: CoreStructure, _ source: any ByteSource
  ) -> PriorRepair? {
    all(in: structure, source).last
  }

  private init(source: any ByteSource, format: ELFFormat) {
    self.source = source
    self.format = format
  }

  /// The order in which a repair writes them.
  private static let order = [
    SalvageNote.lost, SalvageNote.capture, SalvageNote.slim, SalvageNote.origin,
    SalvageNote.doubt, SalvageNote.rebuilt, SalvageNote.file, SalvageNote.head,
  ]

  private mutating func take(_ kind: Note.Kind, _ descriptor: Range<UInt64>) {
    switch kind {
    case SalvageNote.lost: lostNote = descriptor
    case SalvageNote.origin: originNote = descriptor
    case SalvageNote.rebuilt: rebuiltNote = descriptor
    case SalvageNote.file: mappedFiles = descriptor
    case SalvageNote.capture: captureNote = descriptor
    case SalvageNote.slim: slimNote = descriptor
    case SalvageNote.doubt: doubtNote = descriptor
    default: headNote = descriptor
    }
  }

  /// Whether it has all that it takes to undo it.
  package var isComplete: Bool { lostNote != nil && originNote != nil && headNote != nil }

  /// Whether it has a note that only a repair writes.
  package var isRepair: Bool {
    originNote != nil || rebuiltNote != nil || mappedFiles != nil || headNote != nil
  }

  /// Whether it is no repair, but the capture that made the core.
  package var isCapture: Bool { captureNote != nil }

  /// Whether it left memory out on request.
  package var isSlim: Bool { slimNote != nil }

  // MARK: What they say

  /// Sizes and lost ranges. nil where there is no LOST note, or none that we understand.
  package func lost() throws(SalvageError) -> LostNote? {
    guard let lostNote else { return nil }
    return try LostNote(reading: lostNote, of: source, format.byteOrder)
  }

  /// The size that it found, in bytes.
  package func sizeFound() throws(SalvageError) -> UInt64? {
    guard let lostNote else { return nil }
    return try LostNote.Head(lostNote, of: source, format.byteOrder)?.sizeFound
  }

  /// The ORIGIN note's JSON, raw.
  package func origin() throws(SalvageError) -> [UInt8]? { try json(originNote) }

  /// The JSON of what it was made from and with which options, raw: its ORIGIN note, or its SLIM note.
  package func record() throws(SalvageError) -> [UInt8]? { try json(slimNote ?? originNote) }

  private func json(_ note: Range<UInt64>?) throws(SalvageError) -> [UInt8]? {
    guard let note, note.length <= Self.largestOrigin else { return nil }
    return try source.bytes(at: note.lowerBound, count: Int(note.length))
  }

  /// When the process died, by the ORIGIN or the SLIM note; nil where that does not tell.
  package func died() throws(SalvageError) -> DeathTime? {
    guard let record = try record() else { return nil }
    return DeathTime(json: JSONReader.value(of: record)?["died"])
  }

  /// What it left in doubt; nil where it has a note of that which can't be understood.
  package func doubts() throws(SalvageError) -> [CoreVerdict.Reason]? {
    guard let doubtNote else { return [] }
    guard doubtNote.length <= UInt64(DoubtNote.largest) else { return nil }
    return DoubtNote(
      descriptor: try source.bytes(at: doubtNote.lowerBound, count: Int(doubtNote.length)))?.doubts
  }

  /// Whether it found nothing lost. What it left out on request was there.
  package func foundAll() throws(SalvageError) -> Bool {
    guard let lostNote else { return false }
    guard !isSlim else {
      guard let note = try lost(), !note.isDamaged else { return false }
      return note.ranges.allSatisfy { $0.cause == .notKept }
    }
    return try LostNote.Head(lostNote, of: source, format.byteOrder)?.count == 0
  }

  /// The CAPTURE note; nil where there is none that we understand.
  package func capture() throws(SalvageError) -> CaptureRecord? {
    guard let captureNote, captureNote.length <= UInt64(CaptureRecord.largestNote) else {
      return nil
    }
    return try CaptureRecord(
      noteDescriptor: source.bytes(
        at: captureNote.lowerBound, count: Int(captureNote.length)))
  }

  package var hasRebuilt: Bool { rebuiltNote != nil }

  /// What it put in that was not in the dump.
  package func rebuilt() throws(SalvageError) -> RebuiltNote? {
    guard let rebuiltNote else { return nil }
    return try RebuiltNote(reading: rebuiltNote, of: source, format.byteOrder)
  }

  /// The bytes that it changed, as they were. nil where there is no HEAD note, or none whose runs lie in the input and the
  /// note itself behind it.
  package func head() throws(SalvageError) -> [PatchedSource.Run]? {
    guard let headNote, let size = try sizeFound(), size <= headNote.lowerBound else { return nil }
    return try PatchedSource.runs(in: headNote, of: source, format, limit: size)
  }

  /// Where the HEAD note's descriptor is.
  package var headRange: Range<UInt64>? { headNote }

  /// The core as it was before the repair; nil where the notes are not enough to tell.
  package func original() throws(SalvageError) -> PatchedSource? {
    guard let runs = try head(), let size = try sizeFound(), size <= source.size else { return nil }
    return PatchedSource(base: source, runs: runs, size: size)
  }

  /// The last ORIGIN or SLIM note's JSON: that of the repair which made the core what it is; nil where there is none.
  package static func recordLine(
    in structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> String? {
    let repair = last(in: structure, source)
    return try repair?.record().flatMap { String(validating: $0, as: UTF8.self) }
  }
}
