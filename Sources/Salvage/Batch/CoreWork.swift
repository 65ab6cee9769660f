internal import CLinux
internal import Glibc
internal import SystemPackage

/// One core of a batch: what is to become of it, and doing it.
struct CoreWork {
  let found: FoundFile
  let source: any ByteSource
  let identity: FileIdentity
  let repair: Repair
  let options: BatchOptions

  /// What came of it.
  enum Result {
    case done(BatchRecord)
    /// Written; it waits for its sync.
    case written(SyncGroup.Item)
    /// Somebody else is at work on it.
    case busy
  }

  /// Opens a file. nil for one that is no core: most files of a folder are none, and they are told by their first bytes.
  init?(_ found: FoundFile, _ options: BatchOptions) throws(SalvageError) {
    let file = try found.open()
    guard try CoreKind(of: file) != nil else { return nil }
    self.found = found
    self.options = options
    source = file
    identity = file.identity
    repair = try Repair(of: file, options: options.repair)
  }

  var isLeft: Bool { repair.report.isWhole && options.whole == .skip }

  /// Does it. `folder` gives the folder of the output, which is made where there is none.
  func run(
    _ claims: FileClaims, in folder: () throws(SalvageError) -> FilePath,
    progress: (@Sendable (Progress.State) -> Void)?
  ) throws(SalvageError) -> Result {
    var record = BatchRecord(found.path, .whole)
    record.report = repair.report
    guard !isLeft else { return .done(record) }
    let output = try folder().appending(Self.outputName(found, isPacked: false))
    record.output = output
    if case .done(let done) = try look(at: output, record) { return .done(done) }
    guard let claim = try claims.take(output) else { return .busy }
    do throws(SalvageError) {
      // Between the look and the claim somebody may have finished it.
      switch try look(at: output, record) {
      case .done(let done):
        claims.release(claim)
        return .done(done)
      case .toWrite(let replacing):
        return .written(try write(to: output, replacing, record, claim, progress))
      }
    } catch {
      claims.release(claim)
      throw error
    }
  }

  static func outputName(_ found: FoundFile, isPacked: Bool) -> FilePath.Component {
    OutputName.name(for: found.name, isPacked: isPacked, archive: false) {
      found.folder.kind(of: $0) == S_IFREG
    }
  }

  private enum Look {
    case done(BatchRecord)
    case toWrite(replacing: Bool)
  }

  /// What is to be done by what stands in the output's place. Throws where it is nothing that may be replaced.
  private func look(at output: FilePath, _ record: BatchRecord) throws(SalvageError) -> Look {
    switch PriorOutput.look(at: output, for: repair) {
    case .none: return .toWrite(replacing: options.repair.force)
    case .current(let plan):
      var record = record
      record.outcome = .present
      if options.deleteInput {
        try removal(plan).carryOut(output: output)
        record.isInputDeleted = true
      }
      return .done(record)
    case .outdated:
      // The input that it was made of may be gone: it may be all that is left of that core.
      guard !options.deleteInput || options.repair.force else {
        throw SalvageError(.outputExists, file: output)
      }
    case .foreign:
      guard options.repair.force else { throw SalvageError(.outputExists, file: output) }
    }
    return .toWrite(replacing: true)
  }

  private func removal(_ plan: Plan?) -> SyncGroup.Removal {
    SyncGroup.Removal(found: found, identity: identity, source: source, plan: plan)
  }

  private func write(
    to output: FilePath, _ replacing: Bool, _ record: BatchRecord, _ claim: FileClaims.Claim,
    _ progress: (@Sendable (Progress.State) -> Void)?
  ) throws(SalvageError) -> SyncGroup.Item {
    var record = record
    if repair.report.isWhole, options.whole == .link, try isLinked(to: output, replacing) {
      record.outcome = .linked
      record.outputSize = source.size
      return SyncGroup.Item(
        record: record, claim: claim, content: .link(output), weight: 0,
        removal: options.deleteInput ? removal(nil) : nil)
    }
    let draft = try repair.draft(of: output, replacing: replacing, progress: progress)
    record.outcome = repair.report.isWhole ? .copied : .repaired
    record.outputSize = draft.written.size
    return SyncGroup.Item(
      record: record, claim: claim, content: .draft(draft.output), weight: identity.allocated,
      removal: options.deleteInput ? removal(draft.plan) : nil)
  }

  /// Gives the input a second name; false where that can't be had.
  private func isLinked(to output: FilePath, _ replacing: Bool) throws(SalvageError) -> Bool {
    guard let name = output.lastComponent, let file = source as? InputFile else { return false }
    try OutputFile.check(output, against: nil, replacing: replacing)
    let temporary = output.removingLastComponent().appending(TemporaryName.random(for: name))
    Interruption.willLeave(temporary)
    defer { Interruption.hasLeft(temporary) }
    let result = unsafe temporary.withPlatformString {
      unsafe linux_link_open_file(file.descriptor.rawValue, $0)
    }
    guard result == 0 else { return false }
    do throws(SalvageError) {
      try OutputFile.rename(temporary, to: output, replacing: replacing)
      return true
    } catch {
      _ = unsafe temporary.withPlatformString { unsafe unlink($0) }
      throw error
    }
  }
}
