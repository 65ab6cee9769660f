public import CoreIO
internal import CoreModel
public import SystemPackage

extension Repair {
  /// Repairs the file itself, in time that does not depend on its size. Completes a repair that was interrupted.
  ///
  /// The file is never in a state that neither this nor `Undo` understands. It is locked meanwhile: where somebody else
  /// has a lock on it, who reads it with this library too, that throws at once.
  public static func inPlace(
    _ path: FilePath, options: RepairOptions = RepairOptions()
  ) throws(SalvageError) -> Written {
    // Before we have it open for writing ourselves.
    if !options.intake.acceptsGrowing { try WriterWatch.refuseGrowing(at: path) }
    return try inPlace(InPlaceFile(path), options: options)
  }

  package static func inPlace(
    _ file: InPlaceFile, options: RepairOptions
  ) throws(SalvageError) -> Written {
    guard options.slim == nil else {
      throw SalvageError(
        .notInPlace(reason: "a slim core is another file: what it leaves out would be gone"),
        file: file.path)
    }
    var size = file.identity.size
    var resumed: String?
    var modified: UInt64?
    switch try InterruptedWork.find(in: TolerantSource(file.reading())) {
    case .none: break
    case .begun(let journal):
      size = journal.sizeBefore
      modified = journal.modified
      resumed = "an interrupted repair was begun anew"
    case .underWay(let journal):
      try InPlaceRewrite.finish(journal, file)
      size = journal.sizeAfter
      resumed = "an interrupted repair was completed"
    case .undoing: throw InterruptedWork.undoIsInterrupted(file.path)
    case .unknown: throw InterruptedWork.isUnknown(file.path)
    }
    var intake = try Intake(repairing: file.reading(size), options: options.intake)
    // Then the time is that of the attempt that was interrupted.
    if resumed != nil, intake.wayIn.died?.source ?? .mtime == .mtime {
      intake.wayIn.died = modified.map { DeathTime(microseconds: $0, .mtime) }
    }
    let repair = try Repair(of: intake, options: options)
    guard !repair.intake.wayIn.isMended else {
      throw SalvageError(
        .mendingInPlace,
        file: file.path)
    }
    guard options.lostMemory != .pad || repair.isWhole || repair.isCutOnly else {
      throw SalvageError(
        .paddingInPlace,
        file: file.path)
    }
    var written = Written(
      size: repair.source.size, extend: .none, sharesData: true, report: repair.report)
    written.lacksLock = !file.isLocked
    if written.lacksLock {
      written.fallbacks.append("not locked: this file system has no locks")
    }
    written.wasResumed = resumed != nil
    if let resumed { written.fallbacks.append(resumed) }
    // What an interrupted repair has appended goes only now that it is known what comes instead.
    if try file.sizeNow() > size, resumed != nil { try file.setSize(size) }
    if !repair.isCopy {
      let plan = try repair.write(in: file)
      written.size = plan.size
      written.extend = plan.extend
      written.noteExtension(asked: options.extend, isWhole: repair.isWhole)
    }
    return written
  }

  /// Whether nothing is lost but the end.
  private var isCutOnly: Bool {
    core.damage.survives(0..<core.structure.sizeFound)
  }

  /// Writes the plan into the input itself, without the extension where the file system has no room for such a size.
  private func write(in file: InPlaceFile) throws(SalvageError) -> Plan {
    do throws(SalvageError) {
      try InPlaceRewrite(file: file, source: source).write(plan)
      return plan
    } catch {
      guard plan.extend == .due, case .io(let errno, _) = error.kind,
        errno == .fileTooLarge || errno == .invalidArgument
      else { throw error }
    }
    let smaller = planWithoutExtension
    try InPlaceRewrite(file: file, source: source).write(smaller)
    return smaller
  }
}
