internal import ArchiveFormat
internal import CoreIO
internal import CoreModel
internal import Salvage
internal import SystemPackage

/// A core in an archive.
///
/// Blocks are decoded straight to their places. Only where some turn out to be damaged does the rest become a repair.
struct ArchivedCore: StoredCore {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let threads: Int?

  init(_ file: any ByteSource, threads: Int?) throws(SalvageError) {
    let file = file.tolerant
    self.file = file
    self.threads = threads
    index = try ArchiveIndex(of: file)
  }

  var identity: FileIdentity? { file.backingFile?.identity }
  private var files: InputSet { InputSet(identity) }

  func write(
    to path: FilePath, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    let output = try OutputFile(
      path, sparing: files, replacing: options.force)
    try output.resize(to: index.geometry.size)
    let progress = WorkProgress(on: file.path, total: index.geometry.size, report: progress)
    let found = try decode(into: output, options, progress)
    let restored = try salvage(found, into: output, options, progress)
    if let archive = file.backingFile {
      output.takeAccess(of: FileAccess(of: archive))
      output.takeTime(of: archive.identity)
    }
    // The archive may have been copied since.
    if let died = try? index.died(in: file) {
      output.takeTime(microseconds: died.microseconds)
    }
    try output.publish()
    return restored
  }

  /// Decodes all sound blocks to their places; tells what is damaged.
  private func decode(
    into output: OutputFile, _ options: RepairOptions, _ progress: WorkProgress
  ) throws(SalvageError) -> ArchiveCheck.Found {
    let writer = SparseWriter(output, options.sparse)
    let geometry = index.geometry
    return try ArchiveCheck.damage(
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
    _ found: ArchiveCheck.Found, into output: OutputFile, _ options: RepairOptions,
    _ progress: WorkProgress
  ) throws(SalvageError) -> Restore.Restored {
    let source = try ArchiveSource(file, index, found)
    try writeCopies(of: source, into: output)
    guard !source.lostRanges.isEmpty else {
      return Restore.Restored(
        size: source.size, report: nil, isDamaged: source.isDamaged, remarks: source.remarks,
        isFromBundle: false, doubts: DoubtNote.all(in: source))
    }
    let repair = try Repair(of: intake(source), options: options)
    // What is lost may be no part of the core: then all that is of it came out.
    try output.resize(to: repair.plan.size)
    try Rewrite(source: source, output: output, sparse: options.sparse, progress: progress)
      .finish(repair.plan)
    return Restore.Restored(
      size: repair.plan.size, report: repair.report, isDamaged: true, remarks: source.remarks,
      isFromBundle: false, doubts: [])
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

  func write(
    to stream: OutputStream, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    let (source, plan, restored) = try plan(options, nil)
    try PieceStream(
      source: source, output: stream,
      progress: WorkProgress(on: file.path, total: plan.size, report: progress)
    ).write(plan)
    return restored
  }

  func rehearsed(
    _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    try plan(options, progress).restored
  }

  /// Looks at every block.
  private func plan(
    _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> (source: ArchiveSource, plan: Plan, restored: Restore.Restored) {
    let found = try ArchiveCheck.damage(
      of: file, index, threads: threads,
      progress: WorkProgress(
        on: file.path, total: progress == nil ? 0 : index.geometry.size, report: progress)
    ) { _, _ throws(SalvageError) in
    }
    let source = try ArchiveSource(file, index, found)
    var repair: Repair?
    if !source.lostRanges.isEmpty { repair = try Repair(of: intake(source), options: options) }
    let plan = repair?.plan ?? Plan(copying: source.size)
    let restored = Restore.Restored(
      size: plan.size, report: repair?.report, isDamaged: source.isDamaged, remarks: source.remarks,
      isFromBundle: false, doubts: repair == nil ? DoubtNote.all(in: source) : [])
    return (source, plan, restored)
  }
}
