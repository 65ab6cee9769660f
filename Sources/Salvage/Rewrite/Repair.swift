public import CoreIO
package import CoreModel
internal import ELFCore
public import SystemPackage

/// A core that is to be made useful again: what it tells, what is lost, and how the repaired one will look.
///
///     let repair = try Repair(of: "in.core")
///     print(repair.report)
///     try repair.write(to: "out.core")
public struct Repair: Sendable {
  /// What the core is, what survived, and what was lost, as far as that is known before all of it has been read.
  public let report: RepairReport

  package let intake: Intake
  package let core: Core
  package let rebuild: Rebuild
  package let options: RepairOptions
  /// A whole core of which nothing is left out is copied as it is, unless files add something to it.
  package let plan: Plan
  /// What is left out; nil for nothing.
  package let slimming: Slimming?
  /// The output that was named when the input was opened.
  let output: OutputPlace?

  package var source: any ByteSource { intake.source }
  package var isWhole: Bool { core.verdict.isWhole }
  /// Whether the output is the input as it is.
  package var isCopy: Bool { plan.origin == nil }

  /// Reads the headers and notes of the core. Writes nothing, but that a stream is put into a temporary file while it
  /// comes: beside `output`, whose contents it becomes, where that is given and a file's name. `spooling`
  /// may be packed where the repaired core is only to be archived.
  public init(
    of input: CoreInput, for output: FilePath? = nil, options: RepairOptions = RepairOptions(),
    spooling: Spooling = .plain, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    let folder = options.intake.temporaryFolder
    let place = try output.map { path throws(SalvageError) in try OutputPlace(path) }
    let intake = try Intake.open(
      input, options: options.intake, sparse: options.sparse, spooling: spooling, progress: progress
    ) { inputs throws(SalvageError) in
      guard let place, !place.isStream else { return try UnnamedFile(in: folder) }
      return try OutputFile(place.path, sparing: inputs, replacing: options.force)
    }
    do throws(SalvageError) {
      try self.init(of: intake, for: place, options: options)
    } catch {
      throw intake.reason(for: error)
    }
  }

  package init(of source: any ByteSource, options: RepairOptions) throws(SalvageError) {
    try self.init(of: Intake(source), options: options)
  }

  package init(
    of intake: Intake, for output: OutputPlace? = nil, options: RepairOptions
  ) throws(SalvageError) {
    let intake = try intake.mended(options.intake.shifts)
    let core = try Core(intake, options: options.intake, isDigested: true)
    try self.init(of: core, from: intake, for: output, options: options)
  }

  /// Of a core that was read already, with its digest and with the same options for its intake.
  package init(
    of core: Core, from intake: Intake, for output: OutputPlace? = nil, options: RepairOptions
  ) throws(SalvageError) {
    self.intake = intake
    self.core = core
    self.options = options
    self.output = output
    var files = ModuleFiles(
      sysroots: options.sysroots, program: options.program, core: intake.file?.identity,
      process: core.process.info)
    guard !core.verdict.isWhole else {
      let (rebuild, plan, completion) = try Self.completed(intake, core, &files, options)
      let slimming = try Slimming(core, rebuild, files, options)
      self.rebuild = rebuild
      self.slimming = slimming
      let slimPlan = slimming.map { Plan($0, rebuild) }
      self.plan = slimPlan ?? plan
      report = RepairReport(
        core, rebuild, Segments(core, lostMemory: .drop),
        slimming.map { ($0, slimPlan ?? plan) }, completion,
        idle: options.idle(of: core))
      return
    }
    // What a capture could not save is lost to a rebuild as well, though the headers don't name it.
    let due = try core.restored(intake, options: options.intake)
    let rebuild = try Rebuild(due, files, options)
    self.rebuild = rebuild
    try Self.refuseUnfinished(intake, core.process, options)
    let slimming = try Slimming(core, rebuild, files, options)
    let plan = slimming.map { Plan($0, rebuild) } ?? Plan(core, rebuild, options)
    self.plan = plan
    self.slimming = slimming
    if let hopeless = Hopelessness(core, plan.segments) {
      throw SalvageError(
        .beyondRepair(reason: hopeless.reason), file: core.source.path, offset: hopeless.offset)
    }
    guard plan.size <= core.structure.format.largestWord else {
      throw SalvageError(
        .beyondRepair(reason: "a 32-bit core can't name what would stand past 4 GiB"),
        file: core.source.path, offset: core.structure.sizeFound)
    }
    let segments =
      due.isRestored
      ? Segments(due, lostMemory: options.lostMemory)
      : slimming == nil ? plan.segments : Segments(core, lostMemory: .drop)
    report = RepairReport(
      due, rebuild, segments, slimming.map { ($0, plan) },
      idle: options.idle(of: core))
  }

  /// What becomes of a whole core: itself, or with what verified files add to it.
  private static func completed(
    _ intake: Intake, _ core: Core, _ files: inout ModuleFiles, _ options: RepairOptions
  ) throws(SalvageError) -> (Rebuild, Plan, Completion?) {
    let copy = Plan(copying: intake.source.size)
    guard options.completesWhole else { return (Rebuild(nothingOf: core, &files), copy, nil) }
    let rebuild = try Rebuild(completing: core, &files)
    let plan = rebuild.segments.isEmpty ? copy : Plan(core, rebuild, options)
    let completion = Completion(
      rebuild, hasRoom: plan.size <= core.structure.format.largestWord)
    guard completion == .added else { return (rebuild.withoutSegments, copy, completion) }
    try refuseUnfinished(intake, core.process, options)
    return (rebuild, plan, completion)
  }

  /// All that was read for it: no output may take the place of one of these files.
  package var files: InputSet {
    var files = intake.inputs
    files.insert(at: options.program)
    files.insert(at: rebuild.debuggerFiles?.program.path)
    for module in rebuild.modules { files.insert(module.file?.identity) }
    return files
  }

  /// The folders that stand for the root of the core's machine.
  public var sysroots: [FilePath] { options.sysroots }

  /// The plan as it is where the due size can't be had.
  package var planWithoutExtension: Plan {
    guard !isCopy, slimming == nil else { return plan }
    var options = options
    options.extend = .none
    return Plan(core, rebuild, options)
  }

  /// The repair as it is now that everything was read; nil where nothing more turned out to be unreadable.
  package func knowingAll() throws(SalvageError) -> Repair? {
    var damage = core.damage
    damage.lose(intake.unreadable)
    return damage == core.damage ? nil : try Repair(of: intake, for: output, options: options)
  }

  /// A core that is not all there yet is no damaged one.
  private static func refuseUnfinished(
    _ intake: Intake, _ process: ProcessSnapshot, _ options: RepairOptions
  ) throws(SalvageError) {
    guard !options.intake.acceptsGrowing, let file = intake.coreFile else { return }
    if let id = process.processID, let name = process.info?.name, Surroundings.isDumping(id, name) {
      throw SalvageError(
        .stillWritten(reason: "process \(id) is still being dumped (CoreDumping: 1)"),
        file: file.path)
    }
    if intake.isWatched { try WriterWatch.refuseGrowing(file) }
  }
}
