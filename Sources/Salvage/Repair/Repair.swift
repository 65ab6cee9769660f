internal import ELFCore
public import SystemPackage

/// A core that is to be made useful again: what it tells, what is lost, and how the repaired one will look.
///
///     let repair = try Repair(of: "in.core")
///     print(repair.report)
///     try repair.write(to: "out.core")
public struct Repair: Sendable {
  /// What the core is, what survived, and what was lost, as far as that is known before all of it has been read.
  public private(set) var report: Report

  package let intake: Intake
  package let inputs: Plan.Inputs
  /// nil for a whole core, which is copied as it is.
  package private(set) var plan: Plan?

  package var source: any ByteSource { intake.source }

  /// Reads the headers and notes of the core. Writes nothing, but that a stream is put into a temporary file while it
  /// comes: beside `output`, whose contents it becomes, where that is given and a file's name. `spooling`
  /// may be packed where the repaired core is only to be archived.
  public init(
    of path: FilePath, for output: FilePath? = nil, options: RepairOptions = RepairOptions(),
    spooling: Spooling = .plain, progress: (@Sendable (Progress.State) -> Void)? = nil
  ) throws(SalvageError) {
    let folder = options.intake.temporaryFolder
    let intake = try Intake.open(
      path, options: options.intake, sparse: options.sparse, spooling: spooling, progress: progress
    ) { () throws(SalvageError) in
      guard let output, output != Intake.standard else { return try UnnamedFile(in: folder) }
      try OutputFile.check(output, against: nil, replacing: options.force)
      return try OutputFile(output, replacing: options.force)
    }
    try self.init(of: intake, options: options)
  }

  package init(of source: any ByteSource, options: RepairOptions) throws(SalvageError) {
    try self.init(of: Intake(source), options: options)
  }

  package init(of intake: Intake, options: RepairOptions) throws(SalvageError) {
    var intake = intake
    let source = intake.source
    var reading = try Reading(intake)
    if let zeros = try ZeroTail.range(of: reading.structure, source, options.intake.zeroTail) {
      intake.wayIn.zeroTail = zeros.length
      if options.intake.zeroTail == .lost {
        intake.losses.append(.init(range: zeros, cause: .named))
        reading = try Reading(intake)
      }
    }
    let structure = reading.structure
    // A size that no file can have is lost up to the last offset that can be named.
    var damage = DamageMap(
      sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? .max,
      endCause: intake.wayIn.ending.lossCause)
    damage.lose(intake.losses + intake.unreadable)
    intake.wayIn.unreadable = intake.unreadable.reduce(0) { $0 + $1.range.length }
    self.intake = intake
    var inputs = Plan.Inputs(
      structure: structure, damage: damage, options: options, digest: reading.digest)
    let isTouched = structure.isTouched(by: damage)
    if isTouched {
      let files = ModuleFiles(
        sysroots: options.sysroots, program: options.program, core: intake.file?.identity,
        process: reading.process.info)
      inputs.rebuild = try Rebuild(structure, damage, reading.process, source, files, options)
    }
    self.inputs = inputs
    guard isTouched else {
      report = Report(
        source.path, intake.wayIn, inputs, reading.process,
        Segments(structure, damage, lostMemory: .drop))
      return
    }
    try Self.refuseUnfinished(intake, reading.process, options)
    let plan = Plan(inputs)
    try Self.refuseHopeless(structure, reading.process, plan.segments, source)
    guard plan.size <= structure.format.largestWord else {
      throw SalvageError(
        .beyondRepair(reason: "a 32-bit core can't name what would stand past 4 GiB"),
        file: source.path, offset: structure.sizeFound)
    }
    report = Report(source.path, intake.wayIn, inputs, reading.process, plan.segments)
    self.plan = plan
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

  /// A core with no thread and no memory is beyond repair.
  private static func refuseHopeless(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ segments: Segments,
    _ source: any ByteSource
  ) throws(SalvageError) {
    guard process.threads.isEmpty, !structure.hasForeignThreads, segments.survivedBytes == 0
    else { return }
    let place =
      structure.sizeFound < structure.tableRange.upperBound
      ? "the program header table" : structure.notesAreCut ? "the notes" : "the memory"
    throw SalvageError(
      .beyondRepair(reason: "cut inside \(place); no thread and no memory survived"),
      file: source.path, offset: structure.sizeFound)
  }
}

/// The headers and notes of an input, read again until all that can't be read of them is known.
private struct Reading {
  let structure: CoreStructure
  let process: ProcessSnapshot
  let digest: String

  /// Each round knows more unreadable pages than the one before. So many, and it is no core that we read.
  private static let mostRounds = 1000

  init(_ intake: Intake) throws(SalvageError) {
    var round = 0
    while true {
      let known = intake.unreadable
      let structure = try Probe.structure(of: intake.source, present: intake.present)
      let process = try ProcessSnapshot(structure, intake.source)
      let digest = try Origin.digest(of: structure, intake.source)
      round += 1
      guard intake.unreadable != known, round < Self.mostRounds else {
        self.structure = structure
        self.process = process
        self.digest = digest
        return
      }
    }
  }
}
