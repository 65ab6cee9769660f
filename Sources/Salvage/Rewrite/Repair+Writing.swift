public import CoreIO
internal import CoreModel
public import SystemPackage

extension Repair {
  /// What was written.
  public struct Written: Hashable, Sendable {
    /// The size of the output in bytes, holes included.
    public internal(set) var size: UInt64
    /// The extension that was done: `none` where the due size can't be had.
    public internal(set) var extend: RepairOptions.Extend
    /// Whether the output shares its data with the input.
    public let sharesData: Bool
    /// What is known of the core now that all of it was read.
    public let report: RepairReport
    /// Whether an interrupted repair in place was begun anew or completed.
    public internal(set) var wasResumed = false
    /// Whether the extension was asked for and could not be had.
    public internal(set) var lacksHole = false
    /// Whether a repair in place could not lock the file.
    public internal(set) var lacksLock = false
    /// Whether a large input was read through the page cache, because its file system can't do otherwise.
    public internal(set) var isReadPlainly = false
    /// What could not be had and was done another way, in words.
    public internal(set) var fallbacks: [String] = []

    package init(
      size: UInt64, extend: RepairOptions.Extend, sharesData: Bool, report: RepairReport
    ) {
      self.size = size
      self.extend = extend
      self.sharesData = sharesData
      self.report = report
    }
  }

  /// Writes the repaired core, or the whole one as it is, to the output that was named when the input was opened: a stream, or
  /// a file, which appears under its name only once it is complete.
  @discardableResult
  public func write(
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Written {
    guard let output else {
      throw SalvageError(.badOutput(reason: "no output was named"), file: source.path)
    }
    guard !output.isStream else {
      return try write(to: output.stream(sparing: files), progress: progress)
    }
    guard let draft = try spooledDraft(replacing: options.force) else {
      return try write(to: output.path, progress: progress)
    }
    try draft.output.publish()
    return draft.written
  }

  /// Writes it to a file of any other name.
  @discardableResult
  public func write(
    to path: FilePath, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Written {
    let draft = try draft(of: path, replacing: options.force, progress: progress)
    try draft.output.publish()
    return draft.written
  }

  /// An output that is complete, and has neither been synced nor got its name yet.
  package struct Draft: Sendable {
    package let output: OutputFile
    package let written: Written
    package let plan: Plan
  }

  /// Writes all of the output. Whoever drops the draft without publishing it leaves nothing behind.
  package func draft(
    of path: FilePath, replacing: Bool, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Draft {
    let file = intake.coreFile
    // What was put back to its place stands elsewhere in the file.
    let shareable = intake.wayIn.isMended ? nil : file
    let output = try OutputFile(path, sparing: files, replacing: replacing)
    let rewrite = Rewrite(
      source: source, output: output, sparse: options.sparse,
      progress: WorkProgress(on: source.path, total: source.size, report: progress))
    // A file whose end is inside a block can be cloned into an empty file, and into no longer one.
    let sharesData = slimming == nil ? try rewrite.clone(shareable, options.reflink) : false
    var plan = try resize(output)
    if !sharesData { try rewrite.copy(plan) }
    if let file, !options.intake.acceptsGrowing { try WriterWatch.refuseGrown(file) }
    let known = try knowingAll()
    if let known { plan = try known.resize(output) }
    try rewrite.finish(plan)
    var written = (known ?? self).written(plan, in: output, sharesData: sharesData)
    let isWanted = options.reflink == .auto && options.sparse == .auto && slimming == nil
    if shareable != nil, !sharesData, isWanted {
      written.fallbacks.append("copied: input and output can't share their data here")
    }
    return Draft(output: output, written: written, plan: plan)
  }

  /// Makes the output of the file that the stream was put into; nil where it was put into none, or stands there otherwise than
  /// it is to be written.
  package func spooledDraft(replacing: Bool) throws(SalvageError) -> Draft? {
    guard let spool = intake.spool as? OutputFile, !intake.wayIn.isMended, slimming == nil else {
      return nil
    }
    // When it was begun, the files that the core names were not known.
    try OutputFile.check(spool.path, sparing: files, replacing: replacing)
    let plan = try resize(spool)
    try Rewrite(
      source: source, output: spool, sparse: options.sparse,
      progress: WorkProgress(on: source.path, total: 0, report: nil)
    ).finish(plan)
    return Draft(
      output: spool, written: written(plan, in: spool, sharesData: false), plan: plan)
  }

  /// Gives the output the size of the plan, or of that without the extension where the file system has no room for it.
  private func resize(_ output: OutputFile) throws(SalvageError) -> Plan {
    do throws(SalvageError) {
      try output.resize(to: plan.size)
      return plan
    } catch {
      guard plan.extend == .due else { throw error }
    }
    let plan = planWithoutExtension
    try output.resize(to: plan.size)
    return plan
  }

  private func written(_ plan: Plan, in output: OutputFile, sharesData: Bool) -> Written {
    // What came through a pipe is nobody's but ours.
    if let file = intake.file {
      output.takeAccess(of: FileAccess(of: file))
      output.takeTime(of: file.identity)
    }
    // The bundle may have been copied since.
    if intake.wayIn.packing == .tar, let died = core.died {
      output.takeTime(microseconds: died.microseconds)
    }
    var written = Written(
      size: plan.size, extend: plan.extend, sharesData: sharesData, report: report)
    written.noteExtension(asked: options.extend, isWhole: isWhole || slimming != nil)
    written.isReadPlainly = intake.file?.isReadPlainly ?? false
    return written
  }

  /// Writes it to a pipe. What can't be read ends that, for the beginning is gone and can't name it.
  @discardableResult
  public func write(
    to output: FileDescriptor, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Written {
    try write(to: OutputStream(output, sparing: files), progress: progress)
  }

  package func write(
    to output: OutputStream, progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Written {
    // Not around what can't be read: zeros would pass for memory.
    let strict = StrictSource(source, known: core.damage)
    try PieceStream(
      source: strict, output: output,
      progress: WorkProgress(on: source.path, total: plan.size, report: progress)
    ).write(plan)
    var written = Written(size: plan.size, extend: plan.extend, sharesData: false, report: report)
    if let spool = intake.spool as? UnnamedFile, !spool.isUnnamedFromBirth {
      written.fallbacks.append(
        "spooled into a file that was unlinked: \(PrintableText(spool.path)) has no unnamed files")
    }
    written.noteExtension(asked: options.extend, isWhole: isWhole || slimming != nil)
    written.isReadPlainly = intake.file?.isReadPlainly ?? false
    return written
  }
}

extension Repair.Written {
  mutating func noteExtension(asked: RepairOptions.Extend, isWhole: Bool) {
    guard asked == .due, extend == .none, !isWhole else { return }
    lacksHole = true
    fallbacks.append("written without the hole: its due size can't be had here")
  }
}
