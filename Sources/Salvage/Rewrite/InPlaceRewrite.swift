internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import SystemPackage

/// Puts a plan into the input itself, so that a kill or a power cut at any moment leaves the old file with bytes after it
/// that say so, or the repaired one.
///
/// The order: the journal after everything; the tail and a copy of the new program header table; then the file header, by
/// one write, so that the copy counts; then the table in its place; then the header so that this one counts; and last the
/// journal and the copy go. The disk has each step before the next one begins.
struct InPlaceRewrite {
  let file: InPlaceFile
  /// The file as it was.
  let source: any ByteSource

  func write(_ plan: Plan) throws(SalvageError) {
    guard let patches = Patches(plan) else {
      throw SalvageError(
        .notInPlace(reason: "its program header table lies over its header"), file: file.path)
    }
    let unit = UInt64(InPlaceJournal.size)
    let header = try source.bytes(at: 0, count: patches.header.count)
    var journal = InPlaceJournal(
      .repair, sizeBefore: source.size, sizeAfter: plan.size, headerBefore: header,
      headerAfter: patches.header,
      digest: try HeadDigest.of(Probe.structure(of: source), source))
    if let died = plan.origin?.died, died.source == .mtime { journal.modified = died.microseconds }
    journal.copyOffset = roundUp(plan.size, to: unit)
    journal.tableOffset = patches.tableOffset
    journal.tableLength = UInt64(patches.table.count)
    journal.headerMiddle = patches.header(tableAt: journal.copyOffset)
    guard let place = journal.place else {
      throw SalvageError(.io(.fileTooLarge, call: "resize"), file: file.path)
    }
    // Whoever began to write it meanwhile is not to be written over.
    guard try file.sizeNow() == source.size else { throw file.isStillWritten }
    do throws(SalvageError) {
      try file.write(journal.bytes, at: place)
      try file.sync()
      try writeTail(plan)
      if !patches.table.isEmpty { try file.write(patches.table, at: journal.copyOffset) }
      try file.sync()
    } catch {
      // Nothing of the old file has been touched.
      try? file.setSize(source.size)
      throw error
    }
    try InPlaceRewrite.finish(journal, file)
  }

  private func writeTail(_ plan: Plan) throws(SalvageError) {
    for piece in plan.pieces where piece.offset >= plan.tailOffset {
      switch piece.content {
      case .bytes(let bytes): try file.write(bytes, at: piece.offset)
      case .made(let made):
        var offset = piece.offset
        try made.forEachPart { (part: [UInt8]) throws(SalvageError) in
          try file.write(part, at: offset)
          offset += UInt64(part.count)
        }
      case .input(let range): try file.copy(range, of: source, to: piece.offset)
      case .file(let module, let range):
        try file.copy(range, of: module.open(), to: piece.offset)
      case .hole: break
      }
    }
  }

  /// The steps from the first change of the file header on. They can be done again and again.
  static func finish(_ journal: InPlaceJournal, _ file: InPlaceFile) throws(SalvageError) {
    if journal.tableLength > 0 {
      let copy = journal.copyOffset..<journal.copyOffset + journal.tableLength
      try file.write(journal.headerMiddle, at: 0)
      try file.sync()
      try file.copy(copy, of: file.reading(copy.upperBound), to: journal.tableOffset)
      try file.sync()
    }
    try file.write(journal.headerAfter, at: 0)
    try file.sync()
    // Nothing is taken away that somebody else has appended.
    guard try file.sizeNow() == (journal.place ?? 0) + UInt64(InPlaceJournal.size) else {
      throw file.isStillWritten
    }
    try file.setSize(journal.sizeAfter)
    try file.sync()
  }

  /// The plan's changes to the file before its tail: the file header, and the table where it stays in its place.
  private struct Patches {
    let header: [UInt8]
    let tableOffset: UInt64
    let table: [UInt8]

    init?(_ plan: Plan) {
      var pieces = plan.pieces.filter { $0.offset < plan.tailOffset }.compactMap {
        piece -> (offset: UInt64, bytes: [UInt8])? in
        switch piece.content {
        case .bytes(let bytes): return (piece.offset, bytes)
        case .made(let made): return (piece.offset, made.bytes)
        default: return nil
        }
      }
      guard let first = pieces.first, first.offset == 0,
        let size = FileHeader.format(first.bytes.span)?.fileHeaderSize, first.bytes.count >= size
      else { return nil }
      header = Array(first.bytes[..<size])
      pieces[0] = (UInt64(size), Array(first.bytes[size...]))
      pieces.removeAll { $0.bytes.isEmpty }
      guard pieces.count <= 1 else { return nil }
      tableOffset = pieces.first?.offset ?? 0
      table = pieces.first?.bytes ?? []
    }

    /// The header with the table elsewhere; as it is where no offset of this class reaches there.
    func header(tableAt offset: UInt64) -> [UInt8] {
      var bytes = header
      guard var header = FileHeader(bytes.span), offset <= header.format.largestWord else {
        return bytes
      }
      header.programHeaderOffset = offset
      header.patchTables(in: &bytes)
      return bytes
    }
  }
}
