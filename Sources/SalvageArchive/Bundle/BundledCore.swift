internal import CoreIO
internal import CoreModel
internal import Salvage
internal import SystemPackage

/// A core in a bundle, or in another tar archive that has it where a bundle does.
struct BundledCore: StoredCore {
  let file: InputFile
  let temporaryFolder: FilePath

  var identity: FileIdentity? { file.identity }

  func write(
    to path: FilePath, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    let output = try OutputFile(path, sparing: InputSet(identity), replacing: options.force)
    let intake = try open(options.sparse, into: output, progress)
    let core = try core(of: intake)
    let restored = try restored(intake, core, options) { plan throws(SalvageError) in
      try output.resize(to: plan.size)
      try Rewrite(
        source: intake.source, output: output, sparse: options.sparse,
        progress: WorkProgress(on: file.path, total: 0, report: nil)
      ).finish(plan)
    }
    output.takeAccess(of: FileAccess(of: file))
    output.takeTime(of: file.identity)
    // The bundle may have been copied since.
    if let died = core.died { output.takeTime(microseconds: died.microseconds) }
    try output.publish()
    return restored
  }

  func write(
    to stream: OutputStream, _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    let intake = try open(.auto, into: UnnamedFile(in: temporaryFolder), nil)
    return try restored(intake, core(of: intake), options) { plan throws(SalvageError) in
      try PieceStream(
        source: intake.source, output: stream,
        progress: WorkProgress(on: file.path, total: plan.size, report: progress)
      ).write(plan)
    }
  }

  func rehearsed(
    _ options: RepairOptions, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Restore.Restored {
    let intake = try open(.auto, into: UnnamedFile(in: temporaryFolder), progress)
    return try restored(intake, core(of: intake), options) { _ throws(SalvageError) in }
  }

  private func open(
    _ sparse: Sparseness, into output: any WritableFile, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Intake {
    try Intake.open(file, options: IntakeOptions(), sparse: sparse, progress: progress) {
      _ throws(SalvageError) in output
    }
  }

  /// What is no core is none in a bundle either.
  private func core(of intake: Intake) throws(SalvageError) -> Core {
    do throws(SalvageError) {
      return try Core(intake)
    } catch {
      throw intake.reason(for: error)
    }
  }

  /// Writes the core as it is; where the bundle is damaged, an honest one of what came out.
  private func restored(
    _ intake: Intake, _ core: Core, _ options: RepairOptions,
    _ write: (Plan) throws(SalvageError) -> Void
  ) throws(SalvageError) -> Restore.Restored {
    let repair = intake.wayIn.ending != .whole ? try Repair(of: intake, options: options) : nil
    let plan = repair?.plan ?? Plan(copying: intake.source.size)
    try write(plan)
    return Restore.Restored(
      size: plan.size, report: repair?.report, isDamaged: intake.wayIn.isStreamDamaged,
      remarks: [intake.wayIn.streamDamageWords].compactMap(\.self),
      isFromBundle: true, doubts: repair == nil ? core.told : [])
  }
}
