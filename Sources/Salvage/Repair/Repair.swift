internal import ELFCore
public import SystemPackage

/// A core that is to be made useful again: what it tells, what is lost, and how the repaired one will look.
///
///     let repair = try Repair(of: "in.core")
///     print(repair.report)
///     try repair.write(to: "out.core")
public struct Repair: Sendable {
  /// What the core is, what survived, and what was lost.
  public private(set) var report: Report

  package let source: any ByteSource
  package let inputs: Plan.Inputs
  /// nil for a whole core, which is copied as it is.
  package private(set) var plan: Plan?

  /// Reads the headers and notes of the core. Writes nothing.
  public init(of path: FilePath, options: RepairOptions = RepairOptions()) throws(SalvageError) {
    try self.init(of: InputFile(path), options: options)
  }

  package init(of source: any ByteSource, options: RepairOptions) throws(SalvageError) {
    self.source = source
    let structure = try Probe.structure(of: source)
    // A size that no file can have is lost up to the last offset that can be named.
    let damage = DamageMap(sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? .max)
    let process = try ProcessSnapshot(structure, source)
    var inputs = Plan.Inputs(
      structure: structure, damage: damage, options: options,
      digest: try Origin.digest(of: structure, source))
    if !damage.isWhole {
      let files = ModuleFiles(
        sysroots: options.sysroots, program: options.program,
        core: (source as? InputFile)?.identity)
      inputs.rebuild = try Rebuild(structure, damage, process, source, files, options)
    }
    self.inputs = inputs
    guard !damage.isWhole else {
      report = Report(source.path, inputs, process, Segments(structure, damage, lostMemory: .drop))
      return
    }
    let plan = Plan(inputs)
    try Self.refuseHopeless(structure, process, plan.segments, source)
    guard plan.size <= structure.format.largestWord else {
      throw SalvageError(
        .beyondRepair(reason: "a 32-bit core can't name what would stand past 4 GiB"),
        file: source.path, offset: structure.sizeFound)
    }
    report = Report(source.path, inputs, process, plan.segments)
    self.plan = plan
  }

  /// The folders that stand for the root of the core's machine.
  public var sysroots: [FilePath] { inputs.options.sysroots }

  /// A core with no thread and no memory is beyond repair.
  private static func refuseHopeless(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ segments: Segments,
    _ source: any ByteSource
  ) throws(SalvageError) {
    guard process.threads.isEmpty, segments.survivedBytes == 0 else { return }
    let place =
      structure.sizeFound < structure.tableRange.upperBound
      ? "the program header table" : structure.notesAreCut ? "the notes" : "the memory"
    throw SalvageError(
      .beyondRepair(reason: "cut inside \(place); no thread and no memory survived"),
      file: source.path, offset: structure.sizeFound)
  }

  /// What was written.
  public struct Written: Hashable, Sendable {
    /// The size of the output in bytes, holes included.
    public var size: UInt64
    /// The extension that was done: `none` where the due size can't be had.
    public var extend: RepairOptions.Extend
    /// Whether the output shares its data with the input.
    public var sharesData: Bool
  }

  /// Writes the repaired core, or the whole one as it is. The file appears under its name only once it is complete.
  @discardableResult
  public func write(
    to path: FilePath, progress: (@Sendable (Progress.State) -> Void)? = nil
  ) throws(SalvageError) -> Written {
    let options = inputs.options
    let identity = (source as? InputFile)?.identity
    try OutputFile.check(path, against: identity, replacing: options.force)
    let output = try OutputFile(path, replacing: options.force)
    let plan = try possiblePlan(for: output)
    let rewrite = Rewrite(
      source: source, output: output, options: options,
      progress: Progress(total: source.size, report: progress))
    let sharesData = try rewrite.write(plan)
    if let identity { output.takeAccess(of: identity) }
    try output.publish()
    return Written(size: plan.size, extend: plan.extend, sharesData: sharesData)
  }

  /// The plan, without the extension where the output's file system has no room for such a size.
  private func possiblePlan(for output: OutputFile) throws(SalvageError) -> Plan {
    guard let plan else { return Plan(copying: source.size) }
    let isPossible = (try? output.resize(to: plan.size)) != nil
    if isPossible { try output.resize(to: 0) }
    guard plan.extend == .due, !isPossible else { return plan }
    var inputs = inputs
    inputs.options.extend = .none
    return Plan(inputs)
  }
}
