internal import CoreIO
internal import Salvage
internal import SystemPackage

extension CoreWork {
  /// What would become of it.
  func rehearsed() throws(SalvageError) -> BatchRecord {
    let output = options.output.map {
      Self.output(of: found, file, kind, options, in: $0.pushing(found.folder.relativePath))
    }
    var record: BatchRecord
    if kind == .packed, let output {
      record = rehearsedPacked(output)
    } else {
      guard kind == .plain || output != nil else {
        throw SalvageError(
          .notInPlace(reason: "is compressed, and can't be repaired in place"), file: found.path)
      }
      record = try rehearsedPlain(output)
    }
    record.isRehearsed = true
    return record
  }

  private func rehearsedPlain(_ output: FilePath?) throws(SalvageError) -> BatchRecord {
    let repair = try repair { _ throws(SalvageError) in
      throw SalvageError(.badOutput(reason: "is no stream"), file: found.path)
    }
    guard let wanted = output else {
      var record = record(Self.outcome(repair.report, copied: .whole), repair)
      if !repair.isCopy { record.output = found.path }
      return record
    }
    guard !repair.isCopy || !leavesWhole else { return record(.whole, repair) }
    var outcome = Self.outcome(repair.report, copied: options.whole == .link ? .linked : .copied)
    if isArchive { outcome = .archived }
    let (output, prior) = destination(wanted, repair)
    switch prior {
    case .current: outcome = .present
    case .none: break
    case .outdated, .other:
      guard !mayBeLast(prior) else { throw SalvageError(.outputExists, file: output) }
    case .foreign:
      guard options.repair.force else { throw SalvageError(.outputExists, file: output) }
    }
    var record = record(outcome, repair)
    name(output, repair, in: &record)
    record.outputSize = isArchive || outcome == .present ? 0 : repair.plan.size
    if options.deleteInput { rehearseRemoval(reasonToKeep(repair), &record) }
    return record
  }

  /// What is in it, only its unpacking tells, and that is not done.
  private func rehearsedPacked(_ output: FilePath) -> BatchRecord {
    let isPresent = PriorOutput.isCurrent(
      output, isArchive: isArchive, for: file, options.repair)
    var record = BatchRecord(
      found.path,
      isPresent ? .present : isArchive ? .archived : isSlim ? .slimmed : .repaired)
    record.output = output
    if isPresent { record.doubts = OutputCheck.doubts(of: output, isArchive: isArchive) }
    if options.deleteInput {
      rehearseRemoval(reasonToKeep(isBundle: Intake.isTar(file)), &record)
      if record.isInputToDelete { record.inputKeptIf = conditionToKeep }
    }
    return record
  }

  private func rehearseRemoval(_ reasonToKeep: String?, _ record: inout BatchRecord) {
    record.isRemovalRefused = reasonToKeep == nil && !found.mayBeRemoved
    record.inputKept =
      record.isRemovalRefused ? "its folder lets no file be removed" : reasonToKeep
    record.isInputToDelete = record.inputKept == nil
  }

  /// What unpacking may show that keeps an input.
  private var conditionToKeep: String {
    var states = ["damaged"]
    if options.repair.intake.shifts == .lose { states.append("moved in part") }
    if leavesWhole { states.append("whole") }
    let last = states.count > 1 ? " or \(states.removeLast())" : ""
    return "unpacking shows that it is " + states.joined(separator: ", ") + last
  }
}
