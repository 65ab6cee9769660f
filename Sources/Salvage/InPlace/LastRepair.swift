internal import ELFCore

/// What the notes of a repaired core say of its last repair.
struct LastRepair {
  let format: ELFFormat
  let sizeFound: UInt64
  /// Where the HEAD note's descriptor is.
  let head: Range<UInt64>
  let runs: HeadRuns
  let unknownBytes: UInt64
  private let origin: String

  init(_ source: any ByteSource) throws(SalvageError) {
    let structure = try Probe.structure(of: source)
    format = structure.format
    func last(_ kind: Note.Kind) -> Note? {
      structure.notes.last { $0.owner == SalvageNote.owner && $0.kind == kind }
    }
    guard let headNote = last(SalvageNote.head), let lostNote = last(SalvageNote.lost),
      let originNote = last(SalvageNote.origin)
    else {
      throw SalvageError(
        .notInPlace(reason: "has no notes of coresalvage: there is nothing to undo"),
        file: source.path)
    }
    let lost = try Self.lost(lostNote, source, format)
    sizeFound = lost.sizeFound
    unknownBytes = lost.ranges.total {
      min($0.fileOffset +| $0.length, lost.sizeFound) - min($0.fileOffset, lost.sizeFound)
    }
    guard headNote.fileOffset >= sizeFound else {
      throw SalvageError(
        .notInPlace(reason: "its HEAD note lies inside the core"), file: source.path)
    }
    head = headNote.descriptorOffset..<headNote.fileEnd
    runs = try HeadRuns(source, head, format, limit: sizeFound)
    let bytes = try source.bytes(
      at: originNote.descriptorOffset, count: Int(min(originNote.descriptorSize, 1 << 16)))
    origin = String(decoding: bytes, as: UTF8.self)
  }

  private static func lost(
    _ note: Note, _ source: any ByteSource, _ format: ELFFormat
  ) throws(SalvageError) -> LostNote {
    let bytes = try source.bytes(
      at: note.descriptorOffset, count: Int(min(note.descriptorSize, 256 << 20)))
    guard let lost = LostNote(bytes.span, format.byteOrder), lost.sizeFound <= source.size else {
      throw SalvageError(.notInPlace(reason: "its LOST note is damaged"), file: source.path)
    }
    return lost
  }

  /// The core as it was before the repair.
  func restored(_ source: any ByteSource) -> RestoredSource {
    RestoredSource(base: source, runs: runs, size: sizeFound)
  }

  /// Checks that undoing gives what the ORIGIN note says was there.
  func check(_ source: any ByteSource) throws(SalvageError) {
    let before = restored(source)
    let digest = try Origin.digest(of: Probe.structure(of: before), before)
    guard origin.contains("\"xxh3-128:\(digest)\"") else {
      throw SalvageError(
        .notInPlace(
          reason: "was changed since it was repaired: undoing would not give its original back"),
        file: source.path)
    }
  }
}
