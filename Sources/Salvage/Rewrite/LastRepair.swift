internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The last repair of a core, with all that it takes to undo it.
struct LastRepair {
  let format: ELFFormat
  let sizeFound: UInt64
  /// Where the HEAD note's descriptor is.
  let head: Range<UInt64>
  /// The core as it was before the repair.
  let original: PatchedSource
  let unknownBytes: UInt64
  /// The end of the last thing that the repaired core's headers name: where the repair put its end.
  private let sizeWritten: UInt64?
  /// What the file's end tells, where that is cut off.
  private let cut: Cut?
  private let origin: OriginNote?
  /// What it left in doubt.
  let doubts: [CoreVerdict.Reason]

  /// When the process died, as far as the repair could tell.
  var died: DeathTime? { origin?.died }

  init(_ source: any ByteSource) throws(SalvageError) {
    let head = (try? source.bytes(at: 0, count: TarStream.headSize)) ?? []
    guard Packing(magic: head) == nil, Packing.skippableSize(head) == nil, !TarStream.isTar(head)
    else {
      throw SalvageError(
        .notInPlace(reason: "is packed: only the core itself can be undone, once it is out"),
        file: source.path)
    }
    let structure = try Probe.structure(of: source)
    format = structure.format
    sizeWritten = structure.sizeDue
    cut = Cut(structure)
    let last = PriorRepair.last(in: structure, source)
    guard last?.isCapture != true else {
      let words =
        cut.map { "was captured, and \($0.doubt)" }
        ?? "was captured, not repaired: there is nothing to undo"
      throw SalvageError(.notInPlace(reason: words), file: source.path)
    }
    if last?.isSlim == true {
      throw SalvageError(
        .notInPlace(reason: "is a slim core: what was left out is not in it"), file: source.path)
    }
    guard let repair = last, repair.isComplete, let head = repair.headRange else {
      let words = try Self.words(structure, last, cut, source)
      throw SalvageError(.notInPlace(reason: words), file: source.path)
    }
    guard let lost = try repair.lost(), lost.sizeFound <= source.size else {
      throw SalvageError(.notInPlace(reason: "its LOST note is damaged"), file: source.path)
    }
    guard let original = try repair.original() else {
      throw SalvageError(.notInPlace(reason: "its HEAD note is damaged"), file: source.path)
    }
    self.head = head
    self.original = original
    sizeFound = lost.sizeFound
    unknownBytes = lost.ranges.total {
      min($0.fileOffset +| $0.length, lost.sizeFound) - min($0.fileOffset, lost.sizeFound)
    }
    doubts = try repair.doubts() ?? []
    origin = OriginNote(String(decoding: try repair.origin() ?? [], as: UTF8.self))
  }

  /// The digest of the header, the table and the notes that undoing gives back. Throws where they are not what the ORIGIN
  /// note says was there, where it names another size, or where the file has more than the repair wrote.
  func provenDigest(_ source: any ByteSource) throws(SalvageError) -> String {
    let structure = try Probe.structure(of: original)
    let digest = try HeadDigest.of(structure, original)
    let places = [0..<UInt64(format.fileHeaderSize), structure.tableRange]
    guard let origin, origin.headDigest == "xxh3-128:" + digest, origin.sizeFound == sizeFound,
      original.runs.allSatisfy({ run in
        places.contains {
          $0.contains(run.range.lowerBound) && $0.upperBound >= run.range.upperBound
        }
      })
    else {
      if let cut {
        throw SalvageError(
          .notInPlace(reason: "was repaired by coresalvage, and \(cut.loss)"), file: source.path)
      }
      throw wasChanged(source, "undoing would not give its original back")
    }
    // Of what was cut off since, the original has nothing: its end was before that, and its head is proven.
    guard let end = paddedEnd else {
      throw wasChanged(source, "its headers name more than a file can hold")
    }
    guard source.size <= end else {
      throw SalvageError(.longerThanRepaired(size: end), file: source.path)
    }
    return digest
  }

  /// Whether a file ends where the repair put its end.
  func isWhole(_ source: any ByteSource) -> Bool {
    source.size == sizeWritten || source.size == paddedEnd
  }

  /// The writer pads the end to 8.
  private var paddedEnd: UInt64? { sizeWritten.map { roundUp($0, to: 8) } }

  private func wasChanged(_ source: any ByteSource, _ how: String) -> SalvageError {
    SalvageError(
      .notInPlace(reason: "was changed since it was repaired: \(how)"), file: source.path)
  }
}

// MARK: What is left of a repair

extension LastRepair {
  /// The end of a file that lacks notes which its headers name, or the table that would name them. The notes of a repair are
  /// the last ones, behind all memory: without them a repaired core is as one that nobody repaired.
  private struct Cut {
    private let size: UInt64
    private let due: UInt64
    private let part: String

    /// nil where all notes are there.
    init?(_ structure: CoreStructure) {
      size = structure.sizeFound
      let notes = structure.programHeaders.lazy.filter { $0.kind == .note }
      let end = notes.compactMap(\.fileEnd).max() ?? 0
      if structure.tableRange.upperBound > size {
        due = structure.tableRange.upperBound
        part = "a program header table"
      } else if end > size {
        due = end
        part = "notes"
      } else {
        return nil
      }
    }

    private var facts: String { "it ends at \(size), and its headers name \(part) up to \(due)" }

    /// What undoing a repair lacks.
    var loss: String {
      "cut since: \(facts). Undoing needs all notes of the last repair, and these are not all there any more"
    }

    /// Where nothing is left that tells of a repair.
    var doubt: String {
      "\(facts): what a repair writes would stand there, so whether it was repaired can't be told, and nothing is left to undo it by"
    }
  }

  /// Why a core can't be undone whose notes are not enough for it.
  private static func words(
    _ structure: CoreStructure, _ repair: PriorRepair?, _ cut: Cut?, _ source: any ByteSource
  ) throws(SalvageError) -> String {
    let begun = try kindCut(structure, source)
    if repair?.isRepair == true || begun == SalvageNote.origin || begun == SalvageNote.head {
      return
        "was repaired by coresalvage, and \(cut?.loss ?? "lost notes since that undoing needs")"
    }
    if repair != nil || begun != nil {
      let maker = "has notes of coresalvage, which a repair or a capture may have left"
      return "\(maker), and was \(cut?.loss ?? "damaged since: too few are left to undo it by")"
    }
    if let cut { return cut.doubt }
    return structure.notesAreCut
      ? "has no notes of coresalvage, but some notes are damaged: whether it was repaired can't be told"
      : "has no notes of coresalvage: there is nothing to undo"
  }

  /// The kind of a note of ours that the end of the file cuts, behind the last whole note.
  private static func kindCut(
    _ structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> Note.Kind? {
    let segment = structure.programHeaders.last { $0.kind == .note }
    guard let segment, let end = segment.fileEnd, end > source.size else { return nil }
    let last = structure.notes.last.map(\.fileEnd)
    let start = max(segment.fileOffset, last ?? 0)
    let offset = segment.fileOffset + roundUp(start - segment.fileOffset, to: 4)
    let head = SalvageNote.header(SalvageNote.lost, descriptorSize: 0, in: structure.format)
    let bytes = try source.bytes(at: offset, count: head.count)
    let order = structure.format.byteOrder
    guard bytes.count == head.count, bytes[..<4] == head[..<4], bytes[12...] == head[12...] else {
      return nil
    }
    return bytes.span.integer(at: 8, size: 4, order).map { Note.Kind(rawValue: UInt32($0)) }
  }
}
