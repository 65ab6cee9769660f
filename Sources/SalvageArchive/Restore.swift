internal import ArchiveFormat
public import CoreIO
public import CoreModel
public import Salvage
public import SystemPackage

/// A core that is to come out of an archive or a bundle again, as it was put in.
///
/// Only where something turns out to be damaged does the rest become a repair.
public struct Restore: Sendable {
  /// What came out.
  public struct Restored: Hashable, Sendable {
    /// The size of the core in bytes, holes included.
    public let size: UInt64
    /// What is lost of the core, or may be wrong; nil where nothing is.
    public let report: RepairReport?
    /// Whether the archive is damaged where it matters: blocks, or what tells where they are.
    public let isDamaged: Bool
    /// What else there is to say of the archive, in words.
    public let remarks: [String]
    /// Whether it came out of a bundle.
    public let isFromBundle: Bool
    /// What a repair has left in doubt of a core that came out as it was put in; of any other, `report` tells it.
    public let doubts: [CoreVerdict.Reason]

    /// Whether all of the core came out, and nothing is wrong with what vouches for it. Each block of an archive has a checksum of
    /// its own; a bundle has one at its end, if any, and the files in their places. What was damaged before that still is.
    public var isComplete: Bool { report == nil && !(isFromBundle && isDamaged) }

    /// Whether the core that came out is known to be damaged, though nothing of it was lost on the way.
    public var isDamagedBefore: Bool { doubts.contains(where: \.isDamage) }
  }

  private let stored: any StoredCore
  /// Why a stream could not be read to its end; nil where it could.
  public private(set) var readFailure: SalvageError?

  /// Opens an archive, and finds its blocks; or a bundle. `-` stands for standard input; what comes through a pipe is put into an
  /// unnamed file in the folder for temporary ones, for an archive is read from its end.
  public init(
    of path: FilePath, threads: Int? = nil,
    temporaryFolder: FilePath = IntakeOptions().temporaryFolder
  ) throws(SalvageError) {
    let (file, failure) = try InputFile.opening(path, temporaryFolder: temporaryFolder)
    readFailure = failure
    guard !Intake.isTar(file) else {
      stored = BundledCore(
        file: file, temporaryFolder: temporaryFolder)
      return
    }
    do throws(SalvageError) {
      stored = try ArchivedCore(file, threads: threads)
    } catch {
      // What did not come is why the rest is no archive.
      throw failure ?? error
    }
  }

  /// Of an archive.
  package init(of file: any ByteSource, threads: Int? = nil) throws(SalvageError) {
    stored = try ArchivedCore(file, threads: threads)
  }

  /// Writes the core; the file appears under its name only once it is complete.
  @discardableResult
  public func write(
    to path: FilePath, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    try stored.write(to: path, options, progress)
  }

  /// Writes the core into a stream, from its beginning to its end, after all of it was looked at.
  public func write(
    to stream: FileDescriptor, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    try write(to: OutputStream(stream, sparing: files), options: options, progress: progress)
  }

  /// Writes it to a place that was named: a file, as `write(to:options:progress:)` for a path does, or a stream.
  public func write(
    to place: OutputPlace, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    guard place.isStream else {
      return try write(to: place.path, options: options, progress: progress)
    }
    return try write(to: place.stream(sparing: files), options: options, progress: progress)
  }

  package func write(
    to stream: OutputStream, options: RepairOptions, progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restored {
    try stored.write(to: stream, options, progress)
  }

  /// What would come out: all of it is looked at, and nothing is written.
  public func rehearsed(
    options: RepairOptions = RepairOptions(), progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    try stored.rehearsed(options, progress)
  }

  /// The files that it reads.
  package var files: InputSet { InputSet(stored.identity) }
}

/// A core as it was stored to be had again.
protocol StoredCore: Sendable {
  /// The file that it is in; nil where that is none.
  var identity: FileIdentity? { get }

  func write(
    to path: FilePath, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored

  func write(
    to stream: OutputStream, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored

  /// What either would give, without writing anything.
  func rehearsed(
    _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored
}
