internal import ELFCore
public import SystemPackage

/// Gives back the core that a repaired one was made from, byte for byte: what the repair changed is in its HEAD note.
public struct Undo: Hashable, Sendable {
  /// The size of the file now.
  public let size: UInt64
  /// How many bytes below that size the repair did not have or was told not to take: they are what stands there now.
  public let unknownBytes: UInt64

  /// Undoes the last repair of a file, in place.
  public init(_ path: FilePath) throws(SalvageError) {
    try self.init(InPlaceFile(path))
  }

  package init(_ file: InPlaceFile) throws(SalvageError) {
    if let journal = InPlaceJournal.read(file.descriptor, size: file.identity.size) {
      if journal.kind == .repair, journal.isUntouched(file.descriptor) {
        _ = try InPlaceRewrite.recover(file)
        self.init(size: journal.sizeBefore, unknownBytes: 0)
        return
      }
      if journal.kind == .undo {
        let source = try InputFile(reading: file, named: file.path, size: file.identity.size)
        try Self.finish(journal, source, file)
        self.init(size: journal.sizeAfter, unknownBytes: 0)
        return
      }
      _ = try InPlaceRewrite.recover(file)
    }
    let size = try FileIdentity(of: file.descriptor, path: file.path).size
    let source = try InputFile(reading: file, named: file.path, size: size)
    let last = try LastRepair(source)
    try last.check(source)
    var journal = InPlaceJournal(
      .undo, sizeBefore: size, sizeAfter: last.sizeFound,
      headerBefore: try source.bytes(at: 0, count: last.format.fileHeaderSize),
      headerAfter: try last.original.bytes(at: 0, count: last.format.fileHeaderSize))
    journal.copyOffset = last.head.lowerBound
    journal.tableLength = last.head.length
    do throws(SalvageError) {
      try file.write(journal.bytes, at: roundUp(size, to: UInt64(InPlaceJournal.size)))
      try file.sync()
    } catch {
      try? file.setSize(size)
      throw error
    }
    try Self.finish(journal, source, file)
    self.init(size: last.sizeFound, unknownBytes: last.unknownBytes)
  }

  private init(size: UInt64, unknownBytes: UInt64) {
    self.size = size
    self.unknownBytes = unknownBytes
  }

  /// Writes back what the HEAD note holds, the file header last, and takes the rest away. It can be done again and again:
  /// the note stands beyond all that is written.
  private static func finish(
    _ journal: InPlaceJournal, _ source: InputFile, _ file: InPlaceFile
  ) throws(SalvageError) {
    guard let format = FileHeader.format(journal.headerBefore.span),
      journal.copyOffset >= journal.sizeAfter,
      let end = Optional(journal.copyOffset &+ journal.tableLength), end <= source.size,
      end >= journal.copyOffset
    else {
      throw SalvageError(
        .notInPlace(reason: "the record of an interrupted undo is damaged"), file: file.path)
    }
    guard
      let runs = try PatchedSource.runs(
        in: journal.copyOffset..<end, of: source, format, limit: journal.sizeAfter)
    else {
      throw SalvageError(.notInPlace(reason: "its HEAD note is damaged"), file: file.path)
    }
    for run in runs.reversed() {
      try file.copy(run.bytes, of: source, to: run.offset)
    }
    try file.sync()
    try file.setSize(journal.sizeAfter)
    try file.sync()
  }
}
