internal import ArchiveFormat
public import CoreIO
package import CoreModel
internal import ELFCore

extension Inspection {
  /// Looks at a core. Throws where it is none. Writes nothing.
  public init(of input: CoreInput, options: Options = Options()) throws(SalvageError) {
    guard options.readsWholeArchive else {
      self = try Intake.glance(at: input) { intake throws(SalvageError) in
        var found = try Inspection(of: intake, options: options)
        if intake.source is ArchiveSource, intake.losses.isEmpty {
          found.findings.append(
            Finding(
              text: "Of the archive only what this needs was read; coresalvage verify checks all.",
              isDamage: false))
        }
        return found
      }
      return
    }
    let intakeOptions = IntakeOptions()
    let intake = try Intake.open(input, options: intakeOptions) { _ throws(SalvageError) in
      try UnnamedFile(in: intakeOptions.temporaryFolder)
    }
    do throws(SalvageError) {
      try intake.readAll()
      try self.init(of: intake, options: options)
    } catch {
      throw intake.reason(for: error)
    }
  }

  package init(of intake: Intake, options: Options) throws(SalvageError) {
    // What is around an archive is not what was around the dump.
    let file = intake.source is ArchiveSource ? nil : intake.file
    var surroundings = file.map { Surroundings(of: $0) } ?? Surroundings()
    surroundings.container = intake.wayIn.container
    surroundings.exitStatus = options.exitStatus
    try self.init(of: intake, surroundings, options: options)
  }

  package init(
    of source: any ByteSource, _ surroundings: Surroundings, options: Options = Options()
  ) throws(SalvageError) {
    try self.init(of: Intake(source), surroundings, options: options)
  }

  private init(
    of intake: Intake, _ surroundings: Surroundings, options: Options
  ) throws(SalvageError) {
    let source = intake.source
    let asFound = try Probe.structure(of: source, present: intake.present)
    let before = try BeforeRepair(source, asFound)
    let parts = try Parts(before?.intake(intake) ?? intake, original: before?.source)
    report = parts.report
    report.wayIn = before == nil ? report.wayIn : intake.wayIn
    var around = surroundings
    if let before {
      isRepaired = true
      repairedBy = before.tool
      rebuilt = before.rebuilt
      isHurtAgain = asFound.isTouched(by: intake.present)
      // What is around the repaired core is not what was around the dump.
      around = Surroundings()
      around.exitStatus = surroundings.exitStatus
      around.container = before.endCause == .damaged ? .toldByNotes : .none
    }
    addProcess(parts)
    if !options.asksCausesOnly {
      modules = MappedModules(parts.process, parts.memory, parts.names).modules
      addThreads(parts)
      if options.readsLocalFiles {
        var files = ModuleFiles(core: intake.file?.identity, process: parts.process.info)
        compareModules(&files)
        addSymbols(&files)
      }
      addMappings(parts)
      findings = Sanity(parts, self).findings
    }
    if isHurtAgain {
      findings.append(
        Finding(text: "Since its repair, bytes of it have been lost again.", isDamage: true))
    }
    addCauses(parts, around, options: options)
    unreadable = intake.unreadable.map(\.range)
  }

  /// What every part of an inspection is made from.
  struct Parts {
    let source: any ByteSource
    let structure: CoreStructure
    let damage: DamageMap
    let process: ProcessSnapshot
    let memory: CoreMemory
    let names: MemoryNames
    let report: RepairReport

    init(_ intake: Intake, original: PatchedSource?) throws(SalvageError) {
      source = original ?? intake.source
      let examination = try Examination(intake, original: original)
      structure = examination.structure
      damage = examination.damage
      process = examination.process
      memory = CoreMemory(structure, damage, source)
      names = MemoryNames(process, structure.programHeaders)
      report = RepairReport(
        source.path, examination.wayIn, Plan.Inputs(examination, options: RepairOptions()), process,
        Segments(structure, damage, lostMemory: .drop))
    }
  }

  private mutating func addProcess(_ parts: Parts) {
    let structure = parts.structure
    let process = parts.process
    pageSize = process.pageSize
    isPageSizeKnown = process.knownPageSize != nil
    userID = process.userID
    signalMeaning = report.signal.flatMap { signal in
      signal.number == 0
        ? nil : signal.meaning(process.signalInfo, processID: process.processID)
    }
    tableRange = structure.tableRange
    noteRanges = structure.programHeaders.filter { $0.kind == .note && $0.fileSize > 0 }
      .map { $0.fileOffset..<($0.fileEnd ?? .max) }
  }

  // MARK: Memory

  private mutating func addMappings(_ parts: Parts) {
    var tallies: [MemoryKind: Tally] = [:]
    mappings.reserveCapacity(parts.memory.segments.count)
    for segment in parts.memory.segments {
      let range = segment.address..<max(segment.addressEnd, segment.address)
      let kind = parts.names.kind(of: range, segment: range, flags: segment.flags)
      let survived = parts.damage.surviving(in: segment.fileOffset..<(segment.fileEnd ?? .max))
      let mapping = Mapping(
        address: segment.address, mapped: segment.memorySize, dumped: segment.fileSize,
        survived: survived, fileOffset: segment.fileOffset, kind: kind)
      mappings.append(mapping)
      var tally = tallies[kind] ?? Tally(kind: kind)
      tally.mapped +|= mapping.mapped
      tally.dumped += ByteTotal(mapping.dumped, survived: mapping.survived)
      tallies[kind] = tally
    }
    memory = MemoryKind.allCases.compactMap { tallies[$0] }
  }

  // MARK: Causes

  private mutating func addCauses(
    _ parts: Parts, _ surroundings: Surroundings, options: Options
  ) {
    guard !isWhole, !report.verdict.isFiltered else { return }
    let offsets = report.verdict.reasons.filter { [.moved, .trailing].contains($0.kind) }
    guard offsets.isEmpty else {
      causes = [CutCause(.copyBlocks, .likely, offsets.map(\.text))]
      return
    }
    guard !report.verdict.isComplete else {
      causes = [
        CutCause(
          .writeback, .likely,
          report.verdict.reasons.filter(\.isDamage).map(\.text) + [
            "Its length is whole; what it holds is not."
          ])
      ]
      return
    }
    guard report.sizeDue.map({ $0 > report.sizeFound }) ?? true else {
      doubt = parts.damage.inside.map { "Nothing of it was cut off: \($0)." }
      return
    }
    let facts = CutFacts(
      parts.structure, parts.process, parts.memory, parts.source,
      holesAreKnown: !isRepaired && surroundings.container == .none
        && parts.report.wayIn.kind == .file)
    var around = surroundings
    if !isRepaired, let input = parts.source.backingFile {
      around.lookAgain(
        input, processID: parts.process.processID, name: parts.process.info?.name)
      // The kernel writes files by itself: only what came through a pipe can be systemd's.
      if options.asksJournal, facts.holes != .present,
        let processID = parts.process.processID
      {
        around.journal = CoredumpMessage(processID: processID)
      }
    }
    let diagnosis = Diagnosis(facts, around)
    causes = diagnosis.causes
    doubt = diagnosis.doubt
  }
}
