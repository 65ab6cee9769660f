package import CoreIO
internal import ELFCore

/// A core as it was found: what it tells, what of it is lost, and the verdict on it. It is made once, and every verb takes
/// it.
package struct Core: Sendable {
  /// Its bytes.
  package let source: any ByteSource
  package let structure: CoreStructure
  package let process: ProcessSnapshot
  package private(set) var damage: DamageMap
  package private(set) var verdict: CoreVerdict
  /// How the input came, and what its bytes tell of that.
  package let wayIn: WayIn
  /// What tells this input from another; empty where nobody asked for it.
  package let digest: String
  /// What survived, by address. What a repair has padded is no more there than what is lost otherwise.
  package private(set) var memory: CoreMemory
  /// What repairs have found lost and left under its program header, by their notes.
  private let padded: [DamageMap.Extent]
  /// The stack pointers of those stacks that are known not to end in zeros: see `ContentEvidence`.
  package let soundStacks: Set<UInt64>
  /// What people call its memory.
  package let names: MemoryNames
  /// What repairs have left in doubt, by their notes.
  package let told: [CoreVerdict.Reason]
  /// Of a core that was captured, what its notes tell of that.
  package let capture: CaptureNotes?
  /// Whether our notes tell of memory that was added, and of none that is lost.
  package let isCompleted: Bool
  /// When the process died, as far as anything tells.
  package let died: DeathTime?
  /// Whether what a capture could not save is told of as lost memory, and not as memory that never was.
  package let isRestored: Bool

  /// - Parameters:
  ///   - original: the bytes to examine, where they are the core as it was before the input was repaired.
  ///   - table: the program headers of these, where they are known from elsewhere.
  ///   - isDigested: whether anybody will ask for the digest, for which all headers and notes are read.
  ///   - restoring: whether what a capture could not save gets its program headers again: see `isRestored`.
  package init(
    _ intake: Intake, options: IntakeOptions = IntakeOptions(), original: (any ByteSource)? = nil,
    table: HeaderTable? = nil, isDigested: Bool = false, restoring: Bool = false
  ) throws(SalvageError) {
    var intake = intake
    let source = original ?? intake.source
    func read(_ rules: NoteRules = NoteRules()) throws(SalvageError) -> Reading {
      try Reading(source, intake, table, rules, isDigested: isDigested)
    }
    var reading = try read()
    if let zeros = try ZeroTail.range(of: reading.structure, source, options.zeroTail) {
      intake.wayIn.zeroTail = zeros.length
      if options.zeroTail == .lost {
        intake.losses.append(.init(range: zeros, cause: .named))
        reading = try read()
      }
    }
    var verdict = CoreVerdict()
    let (found, due) = (reading.structure.sizeFound, reading.structure.sizeDue)
    if due != found,
      let start = try TextMode.start(in: source, isTooLong: due.map { found > $0 } ?? false)
    {
      verdict.add(.text, TextMode.words)
      intake.losses.append(.init(range: start..<source.size, cause: .damaged))
      reading = try read()
    }
    var written: Set<UInt64> = []
    if try intake.loseMoved(
      reading.structure, reading.process, source, options.shifts, &written)
    {
      reading = try read()
    }
    if let rules = NoteRules(reading.structure, isInPlace: intake.isInPlace) {
      reading = try read(rules)
    }
    var structure = reading.structure
    let capture = try CaptureNotes(structure, source)
    if restoring, let capture, Self.survives(structure.tableRange, source, intake) {
      structure = structure.restoring(capture.lost)
      intake.losses += capture.losses
    }
    let dumpList = structure.wasRepaired ? nil : try DumpList(structure, source)
    // A size that no file can have is lost up to the last offset that can be named.
    var damage = DamageMap(
      sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? .max,
      endCause: dumpList == nil ? intake.wayIn.ending.lossCause : .leftOut)
    damage.lose(intake.losses + intake.unreadable)
    intake.wayIn.unreadable = intake.unreadable.total(\.range.length)
    if case .checksumWrong = intake.wayIn.ending {
      verdict.add(
        .checksum,
        "The checksum of the stream that it came in is wrong, and so are some of its bytes: which can't be told."
      )
    }
    if let capture, restoring || !structure.isRepaired { verdict.reasons += capture.reasons }
    if let slim = try SlimNotes(structure, source) {
      verdict.reasons += slim.reasons(isRepaired: structure.isRepaired)
    }
    if let dumpList {
      verdict.add(
        .leftOut, "minicoredumper wrote it, and left memory out: what it did not save is lost.")
      damage.lose(dumpList.losses(structure.programHeaders))
    } else if verdict.isComplete, structure.isTouched(by: damage) {
      verdict.add(.missing, "Bytes that its headers name are lost.")
    }
    if let words = structure.headerDamage { verdict.add(.table, "The file header says \(words).") }
    verdict.reasons += intake.wayIn.offsetReasons
    damage.lose(structure.damagedNotes)
    // What could not be read is told of already.
    let zeroed = capture?.isUnfinished == true ? [] : structure.zeroedEntries
    func lose(
      _ entries: [Range<UInt64>], _ words: (Bool) -> String,
      effect: (Bool) -> String = { "what memory \($0 ? "it" : "they") named is not known" }
    ) {
      let size = entries.total { damage.surviving(in: $0) }
      guard size > 0 else { return }
      let count = size / UInt64(structure.format.programHeaderSize)
      let isOne = count == 1
      verdict.add(
        .table, "\(count) of the program headers \(words(isOne)): \(effect(isOne)).")
      damage.lose(entries.map { .init(range: $0, cause: .damaged) })
    }
    lose(zeroed) { $0 ? "is zeros" : "are zeros" }
    lose(structure.damagedEntries) { _ in "can't be what was written, by all the others" }
    lose(
      structure.mendedEntries, { "\($0 ? "is" : "are") damaged" },
      effect: {
        "what \($0 ? "it" : "they") must have been is told by the others, or by the list of mapped files"
      })
    try Self.lose(intake, source, structure, options, from: &damage, &verdict)
    let padded = try Self.padded(structure, source)
    var memory = CoreMemory(structure, damage.losing(padded), source)
    let names = MemoryNames(reading.process, structure.programHeaders, memory.segments)
    let evidence = ContentEvidence(structure, reading.process, memory, names, written)
    if !evidence.lost.isEmpty {
      damage.lose(evidence.lost)
      memory = CoreMemory(structure, damage.losing(padded), source)
    }
    verdict.reasons += Self.noteReasons(structure) + evidence.reasons
    told = try Self.told(structure, source)
    verdict.tell(told, isSettled: structure.isRepaired)
    self.source = source
    self.structure = structure
    self.names = names
    self.padded = padded
    soundStacks = evidence.soundStacks
    self.memory = memory
    self.capture = capture
    isRestored = restoring
    let isMarred = told.contains(where: \.isDamage)
    isCompleted = isMarred ? false : try Self.isCompleted(structure, source)
    died =
      try original == nil
      ? Self.died(structure, source, capture, intake.wayIn.died) : intake.wayIn.died
    process = reading.process
    digest = reading.digest
    wayIn = intake.wayIn
    self.damage = damage
    self.verdict = verdict
  }

  /// The same without some of its memory, which is left out on request. What was lost before keeps its cause.
  package func leavingOut(_ ranges: [Range<UInt64>]) -> Core {
    var core = self
    core.damage.lose(padded)
    core.damage.lose(ranges.map { .init(range: $0, cause: .notKept) })
    core.memory = CoreMemory(structure, core.damage, source)
    return core
  }

  /// The same, with what repairs of it have left in doubt as what it is: damage that nothing has mended.
  package func doubting(_ told: [CoreVerdict.Reason]) -> Core {
    var core = self
    core.verdict.tell(told, isSettled: false)
    return core
  }

  private static func told(
    _ structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> [CoreVerdict.Reason] {
    guard structure.ownNotes.contains(where: { $0.kind == SalvageNote.doubt }) else { return [] }
    return try DoubtNote.all(in: structure, source)
  }

  private static func padded(
    _ structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> [DamageMap.Extent] {
    guard structure.isRepaired else { return [] }
    var padded: [DamageMap.Extent] = []
    for repair in PriorRepair.all(in: structure, source) {
      // Whoever doesn't know what became of it has the hole.
      padded +=
        try repair.lost()?.ranges
        .filter { ![.dropped, .zeroMarked, .rebuilt].contains($0.state) }.compactMap(\.extent) ?? []
    }
    return padded
  }

  private static func isCompleted(
    _ structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> Bool {
    guard structure.isRepaired else { return false }
    var isAdded = false
    for repair in PriorRepair.all(in: structure, source) {
      guard try repair.foundAll() else { return false }
      isAdded = isAdded || repair.hasRebuilt
    }
    return isAdded
  }

  /// By the CAPTURE note, by systemd, by what an earlier repair found, or by the file's time, in this order.
  private static func died(
    _ structure: CoreStructure, _ source: any ByteSource, _ capture: CaptureNotes?,
    _ around: DeathTime?
  ) throws(SalvageError) -> DeathTime? {
    if let record = capture?.record, record.time > 0 {
      return DeathTime(microseconds: record.time, .capture)
    }
    guard structure.wasRepaired, around?.source != .systemd else { return around }
    // The file is as old as its repair where that was in place, or of a stream.
    for repair in PriorRepair.all(in: structure, source).prefix(64) {
      if let died = try repair.died() { return died }
    }
    return nil
  }

  /// The core as it was due, where a capture could not save all of it; itself else.
  package func restored(
    _ intake: Intake, options: IntakeOptions = IntakeOptions()
  ) throws(SalvageError) -> Core {
    guard let capture, !capture.lost.isEmpty, !isRestored else { return self }
    return try Core(intake, options: options, restoring: true)
  }

  private static func survives(
    _ range: Range<UInt64>, _ source: any ByteSource, _ intake: Intake
  ) -> Bool {
    var present = DamageMap(sizeFound: source.size, sizeDue: source.size)
    present.lose(intake.losses + intake.unreadable)
    return present.survives(range)
  }

  /// What the user takes for lost because it is zeros.
  private static func lose(
    _ intake: Intake, _ source: any ByteSource, _ structure: CoreStructure,
    _ options: IntakeOptions, from damage: inout DamageMap, _ verdict: inout CoreVerdict
  ) throws(SalvageError) {
    func lose(_ ranges: [Range<UInt64>], _ words: String) {
      guard !ranges.isEmpty else { return }
      let size = ByteCount(ranges.reduce(UInt64(0)) { $0 &+ $1.length })
      verdict.add(.zeros, "\(size) of its memory \(size.are) \(words) and taken for lost.")
      damage.lose(ranges.map { .init(range: $0, cause: .zeros) })
    }
    if options.holes == .lost {
      // What came through a stream or out of an archive has the holes that we made.
      if intake.spool == nil, source.backingFile != nil {
        lose(ZeroRuns.holes(of: structure, source), "holes")
      } else {
        verdict.add(
          .zeros, "Its holes are not the dump's: no stream and no archive has them.",
          isDamage: false)
      }
    }
    if case .lost(let size) = options.zeroRuns {
      lose(
        try ZeroRuns.runs(of: structure, source, from: size),
        "runs of zeros of \(ByteCount(size)) or more,")
    }
  }

  private static func noteReasons(_ structure: CoreStructure) -> [CoreVerdict.Reason] {
    var reasons: [CoreVerdict.Reason] = []
    let size = ByteCount(structure.damagedNotes.total(\.range.length))
    if size.bytes > 0 {
      reasons.append(
        .init(
          .notes,
          "\(size) of the notes \(size.are) damaged, or are registers of threads whose own note is."
        ))
    }
    if structure.notesAreMissized {
      reasons.append(
        .init(.notes, "The PT_NOTE names another count of bytes than its notes have."))
    }
    let hasRecord = structure.ownNotes.contains { $0.kind == SalvageNote.lost }
    if structure.wasRepaired, !hasRecord, !structure.isCaptured {
      reasons.append(
        .init(
          .record,
          "Its old notes stand where a repair leaves them, and no record of one is there: "
            + "what was lost or made anew then is not known."))
    }
    return reasons
  }
}

/// The headers and notes of an input, read again until all that can't be read of them is known.
private struct Reading {
  let structure: CoreStructure
  let process: ProcessSnapshot
  let digest: String

  /// Each round knows more unreadable pages than the one before. So many, and it is no core that we read.
  private static let mostRounds = 1000

  init(
    _ source: any ByteSource, _ intake: Intake, _ table: HeaderTable?, _ rules: NoteRules,
    isDigested: Bool
  ) throws(SalvageError) {
    var round = 0
    while true {
      let known = intake.unreadable
      var present = DamageMap(sizeFound: source.size, sizeDue: source.size)
      present.lose(intake.losses + intake.unreadable)
      var structure = try Probe.structure(of: source, present: present, rules: rules)
      if let table { structure.replace(table) }
      let process = try ProcessSnapshot(structure, source)
      let digest = isDigested ? try HeadDigest.of(structure, source) : ""
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
