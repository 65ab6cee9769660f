public import CoreIO
internal import CoreModel
public import SystemPackage

extension Repair {
  /// What was written.
  public struct Written: Hashable, Sendable {
    /// The size of the output in bytes, holes included.
    public var size: UInt64
    /// The extension that was done: `none` where the due size can't be had.
    public var extend: RepairOptions.Extend
    /// Whether the output shares its data with the input.
    public var sharesData: Bool
    /// What is known of the core now that all of it was read.
    public var report: RepairReport
    /// Whether an interrupted repair in place was begun anew or completed.
    public var wasResumed = false
    /// Whether the extension was asked for and could not be had.
    public var lacksHole = false
    /// Whether a repair in place could not lock the file.
    public var lacksLock = false
    /// What could not be had and was done another way, in words.
    public var fallbacks: [String] = []

    package init(
      size: UInt64, extend: RepairOptions.Extend, sharesData: Bool, report: RepairReport,
      wasResumed: Bool = false, lacksHole: Bool = false, lacksLock: Bool = false,
      fallbacks: [String] = []
    ) {
      self.size = size
      self.extend = extend
      self.sharesData = sharesData
      self.report = report
      self.wasResumed = wasResumed
      self.lacksHole = lacksHole
      self.lacksLock = lacksLock
      self.fallbacks = fallbacks
    }
  }

  /// Writes the repaired core, or the whole one as it is. The file appears under its name only once it is complete.
  @discardableResult
  public func write(
    to path: FilePath, progress: (@Sendable (WorkProgress.State) -> Void)? = nil
  ) throws(SalvageError) -> Written {
    let draft = try draft(of: path, replacing: inputs.options.force, progress: progress)
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
    of path: FilePath, replacing: Bool, progress: (@Sendable (WorkProgress.State) -> Void)? = nil
  ) throws(SalvageError) -> Draft {
    let options = inputs.options
    // What was put back to its place stands elsewhere in the file that the stream was put into.
    if let spool = intake.spool as? OutputFile, spool.path == path, !intake.wayIn.isMended {
      // When it was begun, the files that the core names were not known.
      try OutputFile.check(path, sparing: files, replacing: replacing)
      return try finish(self, spool, sharesData: false, sharing: nil)
    }
    // Of an archive or a stream, the file has other bytes than the core.
    let file = intake.spool == nil ? source.backingFile : nil
    let output = try OutputFile(path, sparing: files, replacing: replacing)
    let rewrite = Rewrite(
      source: source, file: file, output: output, options: options,
      progress: WorkProgress(total: source.size, report: progress))
    let plan = possiblePlan(for: output)
    // A clone needs an empty file.
    try output.resize(to: 0)
    let sharesData = try rewrite.copy(plan)
    if let file, !options.intake.acceptsGrowing { try WriterWatch.refuseGrown(file) }
    return try finish(try knowingAll(), output, sharesData: sharesData, sharing: file)
  }

  /// Makes an output of a file that has the input's bytes.
  private func finish(
    _ repair: Repair, _ output: OutputFile, sharesData: Bool, sharing file: InputFile?
  ) throws(SalvageError) -> Draft {
    let options = inputs.options
    let plan = repair.possiblePlan(for: output)
    try Rewrite(
      source: source, file: file, output: output, options: options,
      progress: WorkProgress(total: 0, report: nil)
    ).finish(plan)
    // What came through a pipe is nobody's but ours.
    if let identity = intake.file?.identity { output.takeAccess(of: identity) }
    var written = Written(
      size: plan.size, extend: plan.extend, sharesData: sharesData, report: repair.report)
    if file != nil, !sharesData, options.reflink == .auto, options.sparse == .auto {
      written.fallbacks.append("copied: input and output can't share their data here")
    }
    written.noteExtension(asked: options.extend, isWhole: repair.plan == nil)
    return Draft(output: output, written: written, plan: plan)
  }

  /// The repair as it is once everything was read: the same, but for what turned out to be unreadable.
  package func knowingAll() throws(SalvageError) -> Repair {
    let known = inputs.damage
    var damage = known
    damage.lose(intake.unreadable)
    return damage == known ? self : try Repair(of: intake, options: inputs.options)
  }

  /// Writes it to a pipe. What can't be read ends that, for the beginning is gone and can't name it.
  @discardableResult
  public func write(
    to output: FileDescriptor, progress: (@Sendable (WorkProgress.State) -> Void)? = nil
  ) throws(SalvageError) -> Written {
    try write(to: OutputStream(output, sparing: files), progress: progress)
  }

  /// Writes it to a place that was named: a file, as `write(to:progress:)` for a path does, or a stream.
  public func write(
    to place: OutputPlace, progress: (@Sendable (WorkProgress.State) -> Void)? = nil
  ) throws(SalvageError) -> Written {
    guard place.isStream else { return try write(to: place.path, progress: progress) }
    return try write(to: place.stream(sparing: files), progress: progress)
  }

  package func write(
    to output: OutputStream, progress: (@Sendable (WorkProgress.State) -> Void)?
  ) throws(SalvageError) -> Written {
    let plan = plan ?? Plan(copying: source.size)
    // Not around what can't be read: zeros would pass for memory.
    let strict = StrictSource(source, known: inputs.damage)
    try PieceStream(
      source: strict, output: output, progress: WorkProgress(total: plan.size, report: progress)
    ).write(plan)
    var written = Written(size: plan.size, extend: plan.extend, sharesData: false, report: report)
    if let spool = intake.spool as? UnnamedFile, !spool.isUnnamedFromBirth {
      written.fallbacks.append(
        "spooled into a file that was unlinked: \(PrintableText(spool.path)) has no unnamed files")
    }
    written.noteExtension(asked: inputs.options.extend, isWhole: self.plan == nil)
    return written
  }

  /// Repairs the file itself, in time that does not depend on its size. Completes a repair that was interrupted.
  ///
  /// The file is never in a state that neither this nor `Undo` understands. It is locked meanwhile: where somebody else
  /// has a lock on it, who reads it with this library too, that throws at once.
  public static func inPlace(
    _ path: FilePath, options: RepairOptions = RepairOptions()
  ) throws(SalvageError) -> Written {
    // Before we have it open for writing ourselves.
    if !options.intake.acceptsGrowing { try WriterWatch.refuseGrowing(at: path) }
    return try inPlace(InPlaceFile(path), options: options)
  }

  package static func inPlace(
    _ file: InPlaceFile, options: RepairOptions
  ) throws(SalvageError) -> Written {
    var size = file.identity.size
    var resumed: String?
    switch try InterruptedWork.find(in: TolerantSource(file.reading())) {
    case .none: break
    case .begun(let journal):
      size = journal.sizeBefore
      resumed = "an interrupted repair was begun anew"
    case .underWay(let journal):
      try InPlaceRewrite.finish(journal, file)
      size = journal.sizeAfter
      resumed = "an interrupted repair was completed"
    case .undoing: throw InterruptedWork.undoIsInterrupted(file.path)
    case .unknown: throw InterruptedWork.isUnknown(file.path)
    }
    let intake = try Intake(repairing: file.reading(size), options: options.intake)
    let repair = try Repair(of: intake, options: options)
    guard !repair.intake.wayIn.isMended else {
      throw SalvageError(
        .notInPlace(reason: "--shifts mend puts memory elsewhere, which is not done in place"),
        file: file.path)
    }
    guard options.lostMemory != .pad || repair.isCutOnly else {
      throw SalvageError(
        .notInPlace(
          reason: "--lost pad would show the damaged bytes, which stay where they are in place"),
        file: file.path)
    }
    var written = Written(
      size: repair.source.size, extend: .none, sharesData: true, report: repair.report)
    written.lacksLock = !file.isLocked
    if written.lacksLock {
      written.fallbacks.append("not locked: this file system has no locks")
    }
    written.wasResumed = resumed != nil
    if let resumed { written.fallbacks.append(resumed) }
    // What an interrupted repair has appended goes only now that it is known what comes instead.
    if try file.sizeNow() > size, resumed != nil { try file.setSize(size) }
    if let plan = repair.plan {
      let plan = try repair.write(plan, in: file)
      written.size = plan.size
      written.extend = plan.extend
      written.noteExtension(asked: options.extend, isWhole: false)
    }
    return written
  }

  /// Whether nothing is lost but the end.
  private var isCutOnly: Bool {
    inputs.damage.survives(0..<inputs.structure.sizeFound)
  }

  /// Writes the plan into the input, without the extension where the file system has no room for such a size.
  private func write(_ plan: Plan, in file: InPlaceFile) throws(SalvageError) -> Plan {
    do throws(SalvageError) {
      try InPlaceRewrite(file: file, source: source).write(plan)
      return plan
    } catch {
      guard plan.extend == .due, case .io(let errno, _) = error.kind,
        errno == .fileTooLarge || errno == .invalidArgument
      else { throw error }
    }
    let smaller = planWithoutExtension
    try InPlaceRewrite(file: file, source: source).write(smaller)
    return smaller
  }

  /// The plan, without the extension where the output's file system has no room for such a size.
  private func possiblePlan(for output: OutputFile) -> Plan {
    guard let plan else { return Plan(copying: source.size) }
    guard plan.extend == .due, (try? output.resize(to: plan.size)) == nil else { return plan }
    return planWithoutExtension
  }

  /// The plan as it is where the due size can't be had.
  package var planWithoutExtension: Plan {
    var inputs = inputs
    inputs.options.extend = .none
    return Plan(inputs)
  }
}

extension Repair.Written {
  fileprivate mutating func noteExtension(asked: RepairOptions.Extend, isWhole: Bool) {
    guard asked == .due, extend == .none, !isWhole else { return }
    lacksHole = true
    fallbacks.append("written without the hole: its due size can't be had here")
  }
}
