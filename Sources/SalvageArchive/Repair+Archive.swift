internal import ArchiveFormat
public import CoreIO
internal import CoreModel
public import Salvage
public import SystemPackage

extension Repair {
  /// What was archived.
  public struct Archived: Hashable, Sendable {
    /// The size of the archive in bytes.
    public let size: UInt64
    /// The size of the core in it: what `lz4 -d` gives.
    public let coreSize: UInt64
    /// What is known of the core now that all of it was read.
    public let report: RepairReport
  }

  /// Writes the repaired core, or the whole one as it is, into an archive that `lz4 -d` reads.
  ///
  /// The archive appears under its name only once it is complete.
  @discardableResult
  public func archive(
    to path: FilePath, options: ArchiveOptions = ArchiveOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Archived {
    let draft = try archiveDraft(
      of: path, replacing: options.force, options: options, progress: progress)
    try draft.output.publish()
    return draft.archived
  }

  /// An archive that is complete, and has neither been synced nor got its name yet.
  package struct ArchiveDraft: Sendable {
    package let output: OutputFile
    package let archived: Archived
    /// What is in it.
    package let plan: Plan
  }

  /// Writes all of the archive. Whoever drops the draft without publishing it leaves nothing behind.
  package func archiveDraft(
    of path: FilePath, replacing: Bool, options: ArchiveOptions,
    progress: WorkProgress.Observer?
  ) throws(SalvageError) -> ArchiveDraft {
    let output = try OutputFile(path, sparing: files, replacing: replacing)
    let (archived, plan) = try archive(into: output, options, progress)
    if let file = intake.file {
      output.takeAccess(of: FileAccess(of: file))
      output.takeTime(of: file.identity)
    }
    return ArchiveDraft(output: output, archived: archived, plan: plan)
  }

  /// Writes the archive to a place that was named: a file, or a stream. What goes into a stream is made in an unnamed file
  /// first: its first block tells what only its last one may have found out.
  @discardableResult
  public func archive(
    to place: OutputPlace, options: ArchiveOptions = ArchiveOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Archived {
    guard place.isStream else {
      return try archive(to: place.path, options: options, progress: progress)
    }
    let stream = try place.stream(sparing: files)
    let file = try UnnamedFile(in: self.options.intake.temporaryFolder)
    let archived = try archive(into: file, options, progress).archived
    try stream.write(file, size: archived.size)
    return archived
  }

  private func archive(
    into output: any WritableFile, _ options: ArchiveOptions,
    _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> (archived: Archived, plan: Plan) {
    var repair = self
    var size = try repair.writeArchive(to: output, options, progress)
    // What turned out to be unreadable stands there as zeros: once more, now that it is known.
    while let all = try repair.knowingAll() {
      repair = all
      size = try repair.writeArchive(to: output, options, progress)
    }
    if let file = intake.coreFile, !self.options.intake.acceptsGrowing {
      try WriterWatch.refuseGrown(file)
    }
    try output.resize(to: size)
    return (
      Archived(size: size, coreSize: repair.plan.size, report: repair.report), repair.plan
    )
  }

  /// Gives the size of the archive.
  private func writeArchive(
    to output: any WritableFile, _ options: ArchiveOptions,
    _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> UInt64 {
    let core = PlanSource(plan, source)
    let geometry = ArchiveGeometry(
      size: core.size, blockSize: UInt64(options.blockSize.rawValue), blocksPerGroup: 1,
      hasContentChecksum: options.contentChecksum, id: .unknown)
    guard let geometry else {
      throw SalvageError(
        core.size < ArchiveGeometry.largestCore
          ? .tooManyBlocks
          : .tooLargeForArchive(size: core.size, most: ArchiveGeometry.largestCore),
        file: output.path)
    }
    let opening = try opening(core, geometry, options)
    guard opening.manifest.count <= SkippableFrame.largest else {
      throw SalvageError(
        .badOutput(reason: "can't hold so long a manifest; give shorter labels"),
        file: output.path)
    }
    try output.write(opening.manifest, at: 0)
    let writer = ArchiveWriter(
      core, output, options, opening.geometry, at: UInt64(opening.manifest.count),
      progress: WorkProgress(on: source.path, total: core.size, report: progress))
    let layout = try writer.write()
    try source.confirmSize()
    return try Self.writeEnd(layout, core, opening, options, to: output)
  }

  /// What an archive tells of its core before the blocks.
  private struct Opening {
    var geometry: ArchiveGeometry
    /// The frame.
    var manifest: [UInt8]
    /// What is there again after the blocks.
    var copied: [Range<UInt64>]
  }

  /// The core is read for it as whoever restores it will find it; of what that takes nothing stays in memory.
  private func opening(
    _ core: PlanSource, _ geometry: ArchiveGeometry, _ options: ArchiveOptions
  ) throws(SalvageError) -> Opening {
    let packed = try Core(Intake(core))
    let copied = StructureCopy.ranges(of: packed.structure, geometry)
    var manifest = try Manifest(geometry, packed, report, options.labels)
    manifest.geometry.id = try ArchiveID(of: manifest.text, copied, core)
    return Opening(geometry: manifest.geometry, manifest: manifest.frame, copied: copied)
  }

  /// What follows the blocks: the copies of what all hangs on, the manifest again, the seek table.
  private static func writeEnd(
    _ layout: ArchiveLayout, _ core: PlanSource, _ opening: Opening, _ options: ArchiveOptions,
    to output: any WritableFile
  ) throws(SalvageError) -> UInt64 {
    var end = layout.end
    func append(_ bytes: [UInt8]) throws(SalvageError) {
      try output.write(bytes, at: end)
      end += UInt64(bytes.count)
    }
    let geometry = layout.geometry
    let compressor = BlockCompressor(blockSize: geometry.blockSize, level: options.level)
    for range in opening.copied {
      let raw = unsafe UnsafeMutableRawBufferPointer(
        rebasing: compressor.raw[..<Int(range.length)])
      let count = try unsafe core.read(at: range.lowerBound, into: raw)
      let entry = compressor.compress(count)
      try append(StructureCopy.frame(range, geometry, unsafe Array(compressor.bytes(entry))))
    }
    try append(opening.manifest)
    let table = SeekTable(
      geometry, dataOffset: layout.dataOffset,
      archiveSize: end + SeekTable.frameSize(geometry), layout.entries)
    try append(table.frame)
    return end
  }
}
