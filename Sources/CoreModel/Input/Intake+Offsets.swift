package import CoreIO

extension Intake {
  /// Looks whether all of the core stands in its place, and takes for lost what doesn't. Whether more is lost than before.
  ///
  /// - Parameters:
  ///   - bytes: the input's, or what it was before it was repaired.
  ///   - written: see `OffsetSurvey`.
  mutating func loseMoved(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ bytes: any ByteSource,
    _ option: IntakeOptions.Shifts, _ written: inout Set<UInt64>
  ) throws(SalvageError) -> Bool {
    // Whoever made an archive looked at it, and what is moved in a mended core is known.
    guard option != .ignore, !source.isLossy, !wayIn.isMended else { return false }
    var present = DamageMap(sizeFound: bytes.size, sizeDue: bytes.size)
    present.lose(losses + unreadable)
    // What a repair told of its input is not to be had again from what is left of it.
    guard wayIn.offsets.told.isEmpty else { return false }
    wayIn.offsets = try OffsetSurvey(structure, process, bytes, present, &written)
    let misplaced = wayIn.offsets.misplaced
    losses += misplaced
    return !misplaced.isEmpty
  }

  /// Whether no piece of it is known to be anywhere else than where it belongs.
  var isInPlace: Bool {
    !wayIn.isMended && !wayIn.offsets.isMoved && wayIn.offsets.doubtedNotes.isEmpty
  }

  /// The same input with all its pieces where they belong, if it has any that are not.
  package func mended(_ option: IntakeOptions.Shifts) throws(SalvageError) -> Intake {
    guard option == .mend, !wayIn.isMended else { return self }
    let structure = try Probe.structure(of: source, present: present)
    var intake = self
    var written: Set<UInt64> = []
    guard
      try intake.loseMoved(
        structure, ProcessSnapshot(structure, source), source, option, &written),
      intake.wayIn.offsets.isMoved
    else {
      return self
    }
    let mended = ShiftedSource(source, intake.wayIn.offsets)
    let known = losses.flatMap { loss in
      mended.moved(loss.range).map { DamageMap.Extent(range: $0, cause: loss.cause) }
    }
    intake.source = mended
    intake.losses = known + intake.wayIn.offsets.uncertain
    intake.wayIn.isMended = true
    return intake
  }
}
