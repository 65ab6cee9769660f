internal import CLinux
package import CoreIO
internal import CoreModel
internal import Glibc
internal import Salvage
internal import SalvageArchive
package import SystemPackage

/// One core of a batch: what is to become of it, and doing it.
package struct CoreWork {
  package let found: FoundFile
  package let file: InputFile
  package let kind: CoreKind
  package let options: BatchOptions
  /// nil where nothing is to be written.
  package let claims: FileClaims?

  /// What came of it.
  package enum Result {
    case done(BatchRecord)
    /// Written; it waits for its sync.
    case written(SyncGroup.Item)
    /// Somebody else is at work on it.
    case busy
  }

  /// Opens a file. nil for one that is no core: most files of a folder are none, and they are told by their first bytes.
  init?(
    _ found: FoundFile, _ options: BatchOptions, _ claims: FileClaims?
  ) throws(SalvageError) {
    file = try found.open()
    guard let kind = try CoreKind(of: file) else { return nil }
    self.kind = kind
    if kind == .plain { file.holdBeginning() }
    self.found = found
    self.options = options
    self.claims = claims
  }

  /// Does it. `folder` gives the folder of the output, which is made where there is none.
  package func run(
    in folder: () throws(SalvageError) -> FilePath, progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Result {
    if options.output == nil { return try repairInPlace(folder) }
    switch kind {
    case .plain, .archive: return try runPlain(folder, progress)
    case .packed: return try runPacked(folder, progress)
    }
  }

  /// Whether a whole core is left as it is.
  var leavesWhole: Bool { options.whole == .skip && options.archive == nil }

  var isArchive: Bool { options.archive != nil }
  var isSlim: Bool { options.repair.slim != nil }

  func record(_ outcome: BatchRecord.Outcome, _ repair: Repair) -> BatchRecord {
    var record = BatchRecord(found.path, outcome)
    record.report = repair.report
    // The input is looked at while it is there: it may be removed, or repaired in place, before anybody asks.
    if options.inspected == .all || options.inspected == .cut && !repair.isWhole {
      var inspection = Inspection.Options()
      inspection.readsLocalFiles = false
      inspection.asksJournal = false
      inspection.asksCausesOnly = options.inspected != .all
      record.inspection = try? Inspection(of: repair.intake, repair.core, options: inspection)
    }
    return record
  }

  /// `copied` is what becomes of one that is whole and stays as it is.
  static func outcome(
    _ report: RepairReport, copied: BatchRecord.Outcome
  ) -> BatchRecord.Outcome {
    if report.slim != nil { return .slimmed }
    return report.isCopied ? copied : report.isWhole ? .completed : .repaired
  }

  /// Does something with a claim, which ends with it unless something written waits for its sync.
  private func claiming(
    _ output: FilePath, _ work: (FileClaims.Claim) throws(SalvageError) -> Result
  ) throws(SalvageError) -> Result {
    guard let claims else {
      throw SalvageError(.badOutput(reason: "is not to be written"), file: output)
    }
    guard let claim = try claims.take(output) else { return .busy }
    do throws(SalvageError) {
      let result = try work(claim)
      if case .written = result { return result }
      claims.release(claim)
      return result
    } catch {
      claims.release(claim)
      throw error
    }
  }

  // MARK: From a file that is no stream

  private func runPlain(
    _ folder: () throws(SalvageError) -> FilePath, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Result {
    let repair = try repair { _ throws(SalvageError) in
      throw SalvageError(.badOutput(reason: "is no stream"), file: found.path)
    }
    guard !repair.isCopy || !leavesWhole else {
      return .done(record(.whole, repair))
    }
    let wanted = Self.output(of: found, file, kind, options, in: try folder())
    let (output, prior) = destination(wanted, repair)
    if case .done(let done) = try look(prior, at: output, repair) { return .done(done) }
    return try claiming(output) { claim throws(SalvageError) in
      // Between the look and the claim somebody may have finished it.
      let prior = PriorOutput.look(at: output, isArchive: isArchive, for: repair)
      switch try look(prior, at: output, repair) {
      case .done(let done): return .done(done)
      case .toWrite(let replacing):
        return .written(try write(repair, to: output, replacing, claim, progress))
      }
    }
  }

  func repair(
    _ progress: WorkProgress.Observer? = nil,
    spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Repair {
    // What is unpacked is nothing done yet.
    let unpacking = progress.map { progress -> WorkProgress.Observer in
      { _ in try progress(WorkProgress.State(done: 0, total: 0)) }
    }
    let intake = try Intake.open(
      file, options: options.repair.intake, sparse: options.repair.sparse,
      spooling: isArchive ? .packed : .plain,
      progress: unpacking, spool: spool)
    do throws(SalvageError) {
      return try Repair(of: intake, options: options.repair)
    } catch {
      throw intake.reason(for: error)
    }
  }

  // MARK: From a stream

  /// A packed core is unpacked into what becomes its output: only then is it known whether it is whole.
  private func runPacked(
    _ folder: () throws(SalvageError) -> FilePath, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Result {
    let place = try folder()
    let output = Self.output(of: found, file, kind, options, in: place)
    if !options.deleteInput,
      PriorOutput.isCurrent(output, isArchive: isArchive, for: file, options.repair)
    {
      var record = BatchRecord(found.path, .present)
      record.output = output
      record.doubts = OutputCheck.doubts(of: output, isArchive: isArchive)
      return .done(record)
    }
    var elsewhere: FilePath?
    let result = try runPacked(to: output, progress, &elsewhere)
    // Only now is it known that what stands there has to stay.
    guard let elsewhere else { return result }
    var none: FilePath?
    return try runPacked(to: elsewhere, progress, &none)
  }

  /// - Parameter elsewhere: set where nothing was done, for the output is to go there.
  private func runPacked(
    to output: FilePath, _ progress: WorkProgress.Observer?, _ elsewhere: inout FilePath?
  ) throws(SalvageError) -> Result {
    try claiming(output) { claim throws(SalvageError) in
      let isThere = FileIdentity(at: output, followingLinks: false) != nil
      let repair = try repair(progress) { inputs throws(SalvageError) in
        // Of what is unpacked little goes into a slim core.
        if isArchive || isSlim { return try UnnamedFile(in: output.removingLastComponent()) }
        return try OutputFile(output, sparing: inputs, replacing: isThere)
      }
      guard !repair.isCopy || !leavesWhole else {
        return .done(record(.whole, repair).failing(repair.intake.readFailure))
      }
      let (place, prior) = destination(output, repair)
      guard place == output else {
        elsewhere = place
        return .busy
      }
      switch try look(prior, at: output, repair) {
      case .done(let done): return .done(done)
      case .toWrite(let replacing):
        return .written(try write(repair, to: output, replacing, claim, progress))
      }
    }
  }

  // MARK: In place

  private func repairInPlace(
    _ folder: () throws(SalvageError) -> FilePath
  ) throws(SalvageError) -> Result {
    guard kind == .plain else {
      throw SalvageError(
        .notInPlace(reason: "is compressed, and can't be repaired in place"), file: found.path)
    }
    let repair = try repair { _ throws(SalvageError) in
      throw SalvageError(.badOutput(reason: "is no stream"), file: found.path)
    }
    guard !repair.isCopy else { return .done(record(.whole, repair)) }
    var record = record(Self.outcome(repair.report, copied: .whole), repair)
    _ = try folder()
    return try claiming(found.path) { _ throws(SalvageError) in
      // Somebody may have repaired it between the look and the claim: then it is whole now.
      file.endTurn()
      let place = try InPlaceFile(found.path, patience: FileLock.patience)
      guard place.identity.isSameFile(as: file.identity) else {
        throw SalvageError(.notInPlace(reason: "was replaced meanwhile"), file: found.path)
      }
      let written = try Repair.inPlace(place, options: options.repair)
      record.outcome = Self.outcome(written.report, copied: .whole)
      record.report = written.report
      record.output = found.path
      record.outputSize = written.report.isCopied ? 0 : written.size
      return .done(record)
    }
  }

  // MARK: What is there, and what is written

  private enum Look {
    case done(BatchRecord)
    case toWrite(replacing: Bool)
  }

  /// What is to be done by what stands in the output's place. Throws where it is nothing that may be replaced.
  private func look(
    _ prior: PriorOutput, at output: FilePath, _ repair: Repair
  ) throws(SalvageError) -> Look {
    switch prior {
    case .none: return .toWrite(replacing: options.repair.force)
    case .current(let plan):
      var record = record(.present, repair)
      name(output, repair, in: &record)
      if options.deleteInput {
        record.inputKept = reasonToKeep(repair)
        if record.inputKept == nil {
          try removal(repair, plan).carryOut(output: output, &record)
        }
      }
      return .done(record.failing(repair.intake.readFailure))
    case .outdated, .other:
      guard !mayBeLast(prior) else { throw SalvageError(.outputExists, file: output) }
    case .foreign:
      guard options.repair.force else { throw SalvageError(.outputExists, file: output) }
    }
    return .toWrite(replacing: true)
  }

  /// Why the input is not to be removed though its output is right; nil where it may go.
  func reasonToKeep(_ repair: Repair) -> String? {
    let wayIn = repair.report.wayIn
    if let reason = reasonToKeep(isBundle: wayIn.packing == .tar) { return reason }
    guard wayIn.isMended || !wayIn.offsets.isMoved else {
      return "--shifts mend may put back what was moved in it"
    }
    return repair.intake.reasonToKeep
  }

  /// The same, as far as it can be told before the core is read.
  func reasonToKeep(isBundle: Bool) -> String? {
    guard !isSlim else { return "its output is slim, and has not all of its memory" }
    return isBundle ? "it is a bundle, which has more than its core" : nil
  }

  private func removal(_ repair: Repair, _ plan: Plan?) -> SyncGroup.Removal {
    // What was unpacked into the output is no witness of it.
    let source: any ByteSource =
      repair.intake.spool is OutputFile
      ? RereadSource(file, size: repair.source.size) : repair.source
    return SyncGroup.Removal(
      found: found, identity: file.identity, source: source, plan: plan, isArchive: isArchive)
  }

  /// What is written, waiting for its sync; the input goes afterwards, where that was asked for and nothing is against it.
  private func item(
    _ record: BatchRecord, _ claim: FileClaims.Claim, _ content: SyncGroup.Content,
    weight: UInt64, _ repair: Repair, _ plan: Plan?
  ) -> SyncGroup.Item {
    var item = SyncGroup.Item(
      record: record, claim: claim, content: content, weight: weight, removal: nil,
      readFailure: repair.intake.readFailure)
    guard options.deleteInput else { return item }
    item.record.inputKept = reasonToKeep(repair)
    if item.record.inputKept == nil { item.removal = removal(repair, plan) }
    return item
  }

  private func write(
    _ repair: Repair, to output: FilePath, _ replacing: Bool, _ claim: FileClaims.Claim,
    _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> SyncGroup.Item {
    var record = record(Self.outcome(repair.report, copied: .copied), repair)
    name(output, repair, in: &record)
    if let archive = options.archive {
      let draft = try repair.archiveDraft(
        of: output, replacing: replacing, options: archive, progress: progress)
      record.outcome = .archived
      record.report = draft.archived.report
      record.outputSize = draft.archived.size
      return item(
        record, claim, .draft(draft.output), weight: draft.archived.size, repair, draft.plan)
    }
    if repair.isCopy, options.whole == .link, kind == .plain,
      try isLinked(to: output, replacing)
    {
      record.outcome = .linked
      record.outputSize = file.size
      return item(record, claim, .link(output), weight: 0, repair, nil)
    }
    let spooled = try repair.spooledDraft(replacing: replacing)
    let draft =
      if let spooled { spooled } else {
        try repair.draft(of: output, replacing: replacing, progress: progress)
      }
    record.report = draft.written.report
    record.outputSize = draft.written.size
    let weight = isSlim ? draft.written.size : file.allocated
    return item(record, claim, .draft(draft.output), weight: weight, repair, draft.plan)
  }

  /// Gives the input a second name; false where that can't be had.
  private func isLinked(
    to output: FilePath, _ replacing: Bool
  ) throws(SalvageError) -> Bool {
    guard let name = output.lastComponent else { return false }
    // Another name of the input itself is what is to be made.
    try OutputFile.check(output, sparing: InputSet(), replacing: replacing)
    let temporary = output.removingLastComponent().appending(TemporaryName.random(for: name))
    let made = Interruption.making(temporary) {
      let result = unsafe temporary.withPlatformString {
        unsafe linux_link_open_file(file.descriptor.rawValue, $0)
      }
      return result == 0 ? true : nil
    }
    guard made != nil else { return false }
    do throws(SalvageError) {
      try OutputFile.rename(temporary, to: output, replacing: replacing)
      Interruption.hasLeft(temporary)
      return true
    } catch {
      Interruption.remove(temporary)
      throw error
    }
  }
}
