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
  public private(set) var report: RepairReport

  package let intake: Intake
  package let inputs: Plan.Inputs
  /// nil for a whole core, which is copied as it is.
  package private(set) var plan: Plan?

  package var source: any ByteSource { intake.source }

  /// Reads the headers and notes of the core. Writes nothing, but that a stream is put into a temporary file while it
  /// comes: beside `output`, whose contents it becomes, where that is given and a file's name. `spooling`
  /// may be packed where the repaired core is only to be archived.
  public init(
    of input: CoreInput, for output: FilePath? = nil, options: RepairOptions = RepairOptions(),
    spooling: Spooling = .plain, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    let folder = options.intake.temporaryFolder
    let intake = try Intake.open(
      input, options: options.intake, sparse: options.sparse, spooling: spooling, progress: progress
    ) { inputs throws(SalvageError) in
      guard let output, try !OutputPlace(output).isStream else {
        return try UnnamedFile(in: folder)
      }
      return try OutputFile(output, sparing: inputs, replacing: options.force)
    }
    do throws(SalvageError) {
      try self.init(of: intake, options: options)
    } catch {
      throw intake.reason(for: error)
    }
  }

  package init(of source: any ByteSource, options: RepairOptions) throws(SalvageError) {
    try self.init(of: Intake(source), options: options)
  }

  package init(of intake: Intake, options: RepairOptions) throws(SalvageError) {
    let intake = try intake.mended(options.intake.shifts)
    let source = intake.source
    let examination = try Examination(intake, options: options.intake)
    let structure = examination.structure
    let process = examination.process
    let wayIn = examination.wayIn
    self.intake = intake
    var inputs = Plan.Inputs(examination, options: options)
    guard !examination.verdict.isWhole else {
      self.inputs = inputs
      report = RepairReport(
        source.path, wayIn, inputs, process,
        Segments(structure, examination.damage, lostMemory: .drop))
      return
    }
    let files = ModuleFiles(
      sysroots: options.sysroots, program: options.program, core: intake.file?.identity,
      process: process.info)
    inputs.rebuild = try Rebuild(
      structure, examination.damage, process, source, files, options)
    self.inputs = inputs
    try Self.refuseUnfinished(intake, process, options)
    let plan = Plan(inputs)
    if let hopeless = Hopelessness(structure, process, plan.segments, examination.damage) {
      throw SalvageError(
        .beyondRepair(reason: hopeless.reason), file: source.path, offset: hopeless.offset)
    }
    guard plan.size <= structure.format.largestWord else {
      throw SalvageError(
        .beyondRepair(reason: "a 32-bit core can't name what would stand past 4 GiB"),
        file: source.path, offset: structure.sizeFound)
    }
    report = RepairReport(source.path, wayIn, inputs, process, plan.segments)
    self.plan = plan
  }

  /// All that was read for it: no output may take the place of one of these files.
  package var files: InputSet {
    var files = intake.inputs
    files.insert(at: inputs.options.program)
    for module in inputs.rebuild.modules { files.insert(module.file?.identity) }
    return files
  }

  /// The folders that stand for the root of the core's machine.
  public var sysroots: [FilePath] { inputs.options.sysroots }

  /// A core that is not all there yet is no damaged one.
  private static func refuseUnfinished(
    _ intake: Intake, _ process: ProcessSnapshot, _ options: RepairOptions
  ) throws(SalvageError) {
    guard !options.intake.acceptsGrowing, let file = intake.source.backingFile, intake.spool == nil
    else {
      return
    }
    if let id = process.processID, let name = process.info?.name, Surroundings.isDumping(id, name) {
      throw SalvageError(
        .stillWritten(reason: "process \(id) is still being dumped (CoreDumping: 1)"),
        file: file.path)
    }
    if intake.isWatched { try WriterWatch.refuseGrowing(file) }
  }
}
