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
        if intake.source.isLossy, intake.losses.isEmpty {
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

  /// - Parameter core: what was made of the input already.
  package init(of intake: Intake, _ core: Core? = nil, options: Options) throws(SalvageError) {
    // What is around an archive is not what was around the dump.
    let file = intake.source.isLossy ? nil : intake.file
    var surroundings = file.map { Surroundings(of: $0) } ?? Surroundings()
    surroundings.container = intake.wayIn.container
    surroundings.packing = intake.wayIn.packing
    surroundings.exitStatus = options.exitStatus
    try self.init(of: intake, core, surroundings, options: options)
  }

  package init(
    of source: any ByteSource, _ surroundings: Surroundings, options: Options = Options()
  ) throws(SalvageError) {
    try self.init(of: Intake(source), nil, surroundings, options: options)
  }

  private init(
    of intake: Intake, _ known: Core?, _ surroundings: Surroundings, options: Options
  ) throws(SalvageError) {
    let found: Core
    if let known { found = known } else { found = try Core(intake) }
    let before = try BeforeRepair(found)
    let core: Core
    if let before {
      var input = before.intake(intake)
      input.wayIn.died = found.died
      core = try Core(input, original: before.source, table: before.table, restoring: true)
        .doubting(found.told)
    } else {
      core = try found.restored(intake).doubting(found.told)
    }
    report = RepairReport(core, Rebuild(), Segments(core, lostMemory: .drop))
    if let before {
      report.wayIn = intake.wayIn
      if !before.moved.isEmpty { report.wayIn.offsets = core.wayIn.offsets }
    }
    var around = surroundings
    if let before {
      isRepaired = true
      repairedBy = before.tool
      rebuilt = before.rebuilt
      isHurtAgain = found.structure.isTouched(by: intake.present)
      isMended = found.verdict.isWhole
      // What is around the repaired core is not what was around the dump.
      around = Surroundings()
      around.exitStatus = surroundings.exitStatus
      around.container = before.endCause == .damaged ? .toldByNotes : .none
    }
    addProcess(core)
    if !options.asksCausesOnly {
      addModules(MappedImages(core.process, core.memory, core.names))
      addThreads(core)
      var files = ModuleFiles(
        sysroots: options.sysroots, core: intake.file?.identity, process: core.process.info)
      if options.readsLocalFiles { addSymbols(compareModules(core.memory, &files)) }
      if options.listsNeeds {
        needs = try ModuleSurvey(core, &files).needs
      }
      addMappings(core)
      findings = Sanity(core, self).findings
    }
    if isHurtAgain {
      findings.append(
        Finding(text: "Since its repair, bytes of it have been lost again.", isDamage: true))
    }
    addCauses(core, around, options: options)
    unreadable = intake.unreadable.map(\.range)
  }

  private mutating func addProcess(_ core: Core) {
    let structure = core.structure
    let process = core.process
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

  private mutating func addMappings(_ core: Core) {
    var tallies: [Tally] = []
    let segments = core.memory.segments
    mappings.reserveCapacity(segments.count)
    var position = MemoryNames.Position()
    for index in segments.indices {
      let segment = segments[index]
      let range = segment.address..<max(segment.addressEnd, segment.address)
      let kind = core.names.kind(
        of: range, segment: range, flags: segment.flags, near: &position)
      let survived = core.damage.surviving(in: segment.fileOffset..<(segment.fileEnd ?? .max))
      let mapping = Mapping(
        address: segment.address, mapped: segment.memorySize, dumped: segment.fileSize,
        survived: survived, fileOffset: segment.fileOffset, kind: kind)
      mappings.append(mapping)
      // A handful of kinds at most.
      let index = tallies.firstIndex { $0.kind == kind } ?? tallies.count
      if index == tallies.count { tallies.append(Tally(kind: kind)) }
      tallies[index].mapped +|= mapping.mapped
      tallies[index].dumped += ByteTotal(mapping.dumped, survived: mapping.survived)
    }
    memory = MemoryKind.allCases.compactMap { kind in tallies.first { $0.kind == kind } }
  }

  // MARK: Causes

  /// What is lost though nothing was cut off.
  private static func insideWords(_ core: Core) -> String? {
    let unnamed = core.structure.unnamed.bytes.total(\.length)
    let more = unnamed > 0 ? ", and with program headers \(ByteCount(unnamed)) of memory" : ""
    return core.damage.inside.map { "Nothing of it was cut off: \($0)\(more)." }
  }

  private mutating func addCauses(
    _ core: Core, _ surroundings: Surroundings, options: Options
  ) {
    guard !isWhole, !report.verdict.isFiltered else { return }
    if let capture = core.capture, !capture.isComplete {
      let cut = CaptureCut(capture)
      causes = cut.causes
      doubt = cut.doubt ?? (causes.isEmpty ? Self.insideWords(core) : nil)
      return
    }
    let offsets = report.verdict.reasons.filter { [.moved, .trailing].contains($0.kind) }
    guard offsets.isEmpty else {
      causes = [CutCause(.copyBlocks, .likely, offsets.map(\.text))]
      return
    }
    let checksums = report.verdict.reasons.filter { $0.kind == .checksum }
    guard checksums.isEmpty || !report.verdict.isComplete else {
      doubt = checksums.map(\.text).joined(separator: " ")
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
      doubt = Self.insideWords(core)
      return
    }
    let facts = CutFacts(
      core.structure, core.process, core.memory, core.source,
      holesAreKnown: !isRepaired && surroundings.container == .none
        && report.wayIn.kind == .file)
    var around = surroundings
    if !isRepaired, let input = core.source.backingFile {
      around.lookAgain(
        input, processID: core.process.processID, name: core.process.info?.name)
      // The kernel writes files by itself: only what came through a pipe can be systemd's.
      if options.asksJournal, facts.holes != .present,
        let processID = core.process.processID
      {
        around.journal = CoredumpMessage(processID: processID)
      }
    }
    let diagnosis = Diagnosis(facts, around)
    causes = diagnosis.causes
    doubt = diagnosis.doubt
  }
}
