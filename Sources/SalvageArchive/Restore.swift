internal import ArchiveFormat
public import CoreIO
public import CoreModel
public import Salvage
internal import Synchronization
public import SystemPackage

/// A core that is to come out of an archive again.
///
/// Blocks are decoded straight to their places. Only where some turn out to be damaged does the rest become a repair.
public struct Restore: Sendable {
  /// What came out.
  public struct Restored: Hashable, Sendable {
    /// The size of the core in bytes, holes included.
    public let size: UInt64
    /// What is lost of the core; nil where nothing is.
    public let report: RepairReport?
    /// Whether the archive is damaged where it matters: blocks, or what tells where they are.
    public let isDamaged: Bool
    /// What else there is to say of the archive, in words.
    public let remarks: [String]
  }

  private let file: any ByteSource
  private let index: ArchiveIndex
  private let threads: Int?
  /// Why a stream could not be read to its end; nil where it could.
  public private(set) var readFailure: SalvageError?

  /// Opens an archive, and finds its blocks. `-` stands for standard input; what comes through a pipe is put into an unnamed
  /// file in the folder for temporary ones, for an archive is read from its end.
  public init(
    of path: FilePath, threads: Int? = nil,
    temporaryFolder: FilePath = IntakeOptions().temporaryFolder
  ) throws(SalvageError) {
    let (file, failure) = try InputFile.opening(path, temporaryFolder: temporaryFolder)
    do throws(SalvageError) {
      try self.init(of: file, threads: threads)
    } catch {
      // What did not come is why the rest is no archive.
      throw failure ?? error
    }
    readFailure = failure
  }

  package init(of file: any ByteSource, threads: Int? = nil) throws(SalvageError) {
    let file = file.tolerant
    self.file = file
    self.threads = threads
    index = try ArchiveIndex(of: file)
  }

  /// Writes the core; the file appears under its name only once it is complete.
  @discardableResult
  public func write(
    to path: FilePath, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    let output = try OutputFile(
      path, sparing: files, replacing: options.force)
    try output.resize(to: index.geometry.size)
    let progress = WorkProgress(on: file.path, total: index.geometry.size, report: progress)
    let damaged = try decode(into: output, options, progress)
    let restored = try salvage(damaged, into: output, options, progress)
    if let identity = file.backingFile?.identity {
      output.takeAccess(of: identity)
      output.takeTime(of: identity)
    }
    // The archive may have been copied since.
    if let died = try? index.died(in: file) {
      output.takeTime(microseconds: died.microseconds)
    }
    try output.publish()
    return restored
  }

  /// Decodes all sound blocks to their places; gives the numbers of the others.
  private func decode(
    into output: OutputFile, _ options: RepairOptions, _ progress: WorkProgress
  ) throws(SalvageError) -> [Int] {
    let writer = SparseWriter(output, options.sparse)
    let geometry = index.geometry
    return try ArchiveCheck.damagedBlocks(
      of: file, index, threads: threads, progress: progress
    ) { block, contents throws(SalvageError) in
      let range = geometry.range(of: block)
      switch contents {
      case .bytes(let bytes): try unsafe writer.write(bytes, at: range.lowerBound)
      case .zeros: if options.sparse == .never { try output.writeZeros(range) }
      case .damaged: break
      }
    }
  }

  /// Makes an honest core of what came out, where not all did.
  private func salvage(
    _ damaged: [Int], into output: OutputFile, _ options: RepairOptions, _ progress: WorkProgress
  ) throws(SalvageError) -> Restored {
    let isDamaged = !damaged.isEmpty || !index.isByTable
    let source = try ArchiveSource(file, index, damaged: damaged)
    try writeCopies(of: source, into: output)
    guard !source.lostRanges.isEmpty else {
      return Restored(
        size: source.size, report: nil, isDamaged: isDamaged, remarks: source.remarks)
    }
    let repair = try Repair(of: intake(source), options: options)
    // What is lost may be no part of the core: then all that is of it came out.
    try output.resize(to: repair.plan.size)
    try Rewrite(source: source, output: output, sparse: options.sparse, progress: progress)
      .finish(repair.plan)
    return Restored(
      size: repair.plan.size, report: repair.report, isDamaged: true, remarks: source.remarks)
  }

  /// Puts what there are second copies of into the places of lost blocks.
  private func writeCopies(
    of source: ArchiveSource, into output: OutputFile
  ) throws(SalvageError) {
    for block in source.copiedBlocks {
      let range = index.geometry.range(of: block)
      // Zeros stand for what is lost: the plan leaves them out.
      try output.write(
        source.bytes(at: range.lowerBound, count: Int(range.length)), at: range.lowerBound)
    }
  }

  private func intake(_ source: ArchiveSource) -> Intake {
    var wayIn = WayIn(kind: .file)
    wayIn.archiveRemarks = source.remarks
    wayIn.died = try? source.died
    return Intake(
      source: source, file: file.backingFile, spool: nil, wayIn: wayIn,
      losses: source.lostRanges, inputs: files)
  }

  // MARK: To a stream

  /// Writes the core into a stream, from its beginning to its end, after all blocks were looked at.
  public func write(
    to stream: FileDescriptor, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    let stream = try OutputStream(stream, sparing: files)
    return try write(to: stream, options: options, progress: progress)
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

  /// The files that it reads.
  package var files: InputSet { InputSet(file.backingFile?.identity) }

  package func write(
    to stream: OutputStream, options: RepairOptions,
    progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restored {
    let damaged = try ArchiveCheck.damagedBlocks(
      of: file, index, threads: threads,
      progress: WorkProgress(on: file.path, total: 0, report: nil)
    ) { _, _ throws(SalvageError) in
    }
    let source = try ArchiveSource(file, index, damaged: damaged)
    let isDamaged = !damaged.isEmpty || !index.isByTable
    var repair: Repair?
    if !source.lostRanges.isEmpty { repair = try Repair(of: intake(source), options: options) }
    let plan = repair?.plan ?? Plan(copying: source.size)
    try PieceStream(
      source: source, output: stream,
      progress: WorkProgress(on: file.path, total: plan.size, report: progress)
    ).write(plan)
    return Restored(
      size: plan.size, report: repair?.report, isDamaged: isDamaged, remarks: source.remarks)
  }
}
