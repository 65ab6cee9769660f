public import CoreIO
public import CoreModel
internal import ELFCore
public import SystemPackage

/// Gives back the core that a repaired one was made from: what the repair changed is in its HEAD note.
///
/// That the header, the program header table and the notes are those that the repair found is proven by a digest. All else,
/// the memory above all, the repair never wrote: it is what stands in the file now, whoever may have changed it since.
public struct Undo: Hashable, Sendable {
  /// The size of the file now.
  public let size: UInt64
  /// How many bytes of it are proven to be those that the repair found.
  public let verifiedBytes: UInt64
  /// How many bytes below that size the repair did not have or was told not to take: they are what stands there now.
  public let unknownBytes: UInt64

  /// What was damaged of the core before the repair, by the way that it came: of what is given back, nothing else tells it.
  public private(set) var damage: [CoreVerdict.Reason] = []

  /// The bytes that nobody looked at.
  public var uncheckedBytes: UInt64 { size - verifiedBytes }

  /// Undoes the last repair of a file, in place. Throws at once where somebody else has it locked.
  public init(_ path: FilePath) throws(SalvageError) {
    try self.init(InPlaceFile(path))
  }

  /// What undoing it would give; changes nothing.
  public init(rehearsing path: FilePath) throws(SalvageError) {
    let file = try InputFile(path)
    guard case .none = InterruptedWork.find(in: file) else {
      throw SalvageError(
        .notInPlace(
          reason:
            "was left by an interrupted repair or undo: what that gives is known once it is completed"
        ), file: path)
    }
    let last = try LastRepair(file)
    _ = try last.provenDigest(file)
    try self.init(last.original, unknownBytes: last.unknownBytes)
    damage = last.doubts.filter(\.isDamage)
  }

  package init(_ file: InPlaceFile) throws(SalvageError) {
    var size = file.identity.size
    let all = try file.reading()
    switch InterruptedWork.find(in: all) {
    case .none: break
    case .begun(let journal):
      let before = try file.reading(journal.sizeBefore)
      try self.init(before, unknownBytes: 0)
      try file.setSize(journal.sizeBefore)
      try file.sync()
      Self.setTime(journal, file)
      return
    case .undoing(let journal):
      guard let original = journal.original(in: all) else {
        throw InterruptedWork.isUnknown(file.path)
      }
      try self.init(original, unknownBytes: 0)
      try Self.finish(journal, original, file)
      return
    case .underWay(let journal):
      try InPlaceRewrite.finish(journal, file)
      size = journal.sizeAfter
    case .unknown: throw InterruptedWork.isUnknown(file.path)
    }
    let source = try file.reading(size)
    let last = try LastRepair(source)
    var journal = InPlaceJournal(
      .undo, sizeBefore: size, sizeAfter: last.sizeFound,
      headerBefore: try source.bytes(at: 0, count: last.format.fileHeaderSize),
      headerAfter: try last.original.bytes(at: 0, count: last.format.fileHeaderSize),
      digest: try last.provenDigest(source))
    journal.copyOffset = last.head.lowerBound
    journal.tableLength = last.head.length
    if let died = last.died, died.source == .mtime { journal.modified = died.microseconds }
    try self.init(last.original, unknownBytes: last.unknownBytes)
    damage = last.doubts.filter(\.isDamage)
    do throws(SalvageError) {
      try file.write(journal.bytes, at: roundUp(size, to: UInt64(InPlaceJournal.size)))
      try file.sync()
    } catch {
      try? file.setSize(size)
      throw error
    }
    try Self.finish(journal, last.original, file)
  }

  private init(_ original: any ByteSource, unknownBytes: UInt64) throws(SalvageError) {
    size = original.size
    self.unknownBytes = unknownBytes
    verifiedBytes = try min(
      size, HeadDigest.length(of: Probe.structure(of: original), original))
  }

  /// Writes back what the HEAD note holds, the file header last, and takes the rest away. It can be done again and again:
  /// the note stands beyond all that is written.
  private static func finish(
    _ journal: InPlaceJournal, _ original: PatchedSource, _ file: InPlaceFile
  ) throws(SalvageError) {
    for run in original.runs.reversed() {
      try file.copy(run.bytes, of: original.base, to: run.offset)
    }
    try file.sync()
    try file.setSize(journal.sizeAfter)
    try file.sync()
    setTime(journal, file)
  }

  /// The repair has made the file new, and so has this.
  private static func setTime(_ journal: InPlaceJournal, _ file: InPlaceFile) {
    guard let time = journal.modified, time <= UInt64(Int64.max / 1000) else { return }
    file.descriptor.setModified(nanoseconds: Int64(time) * 1000)
  }
}
