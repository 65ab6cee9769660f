internal import ArchiveFormat
public import CoreIO
public import CoreModel
internal import ELFCore
public import SystemPackage

/// What our notes in a repaired or captured core say of it: LOST, DOUBT, REBUILT, ORIGIN and CAPTURE, read again.
public struct RepairRecord: Hashable, Sendable {
  /// The core.
  public let file: FilePath
  /// False for a core that we never repaired.
  public let isRepaired: Bool
  /// Whether coresalvage captured it.
  public let isCaptured: Bool
  /// Whether it is a slim core.
  public let isSlim: Bool
  /// The CAPTURE note; nil where there is none that can be understood.
  public internal(set) var capture: CaptureRecord?
  /// In bytes; those of the last repair, or of the capture where there was none.
  public internal(set) var sizeFound: UInt64?
  /// The size that this one should have had, in bytes; nil where the repair could not tell.
  public internal(set) var sizeDue: UInt64?
  /// Of the capture and all repairs, in the order of the notes.
  public internal(set) var lost: [LostRange]
  /// What each lost range was, in words, as the report of the repair had it; nil where that can't be told any more.
  public internal(set) var lostNames: [String?] = []
  /// What is in it that was not in the dump, of all repairs.
  public internal(set) var rebuilt: [RebuiltRange]
  /// The JSON of the ORIGIN notes, and of SLIM notes, as it stands there.
  public internal(set) var origins: [String]
  /// What is in doubt of it, and in no list of lost ranges: as repairs found it, or as it came this time.
  public internal(set) var doubts: [CoreVerdict.Reason] = []
  /// Whether one of the notes can't be understood, or has fewer entries than it says: then more may be lost than is listed.
  public internal(set) var isDamaged: Bool
  /// Why the core could not be read to its end; nil where it could. There may be more notes then.
  public internal(set) var readFailure: SalvageError?

  /// Reads the notes of a core. Throws where it is none.
  public init(of input: CoreInput) throws(SalvageError) {
    self = try Intake.glance(at: input) { intake throws(SalvageError) in
      try RepairRecord(of: intake)
    }
  }

  private init(of intake: Intake) throws(SalvageError) {
    let core = try Core(intake)
    // What is lost of the notes of an archived core may have been ours: to say that there are none would be a guess.
    if core.structure.notesAreCut, let lost = (intake.source as? ArchiveSource)?.lostRanges.first {
      throw SalvageError(.damagedBlock(core: lost.range), file: intake.source.path)
    }
    try self.init(of: core)
    doubts = core.verdict.doubts
    readFailure = intake.readFailure
    lostNames = names(core, intake)
  }

  /// What the lost ranges were, by what survived of the core as it was before its repairs.
  private func names(_ core: Core, _ intake: Intake) -> [String?] {
    guard !lost.isEmpty else { return [] }
    var options = Inspection.Options()
    options.readsLocalFiles = false
    options.asksJournal = false
    options.asksCausesOnly = true
    guard let report = try? Inspection(of: intake, core, options: options).report else { return [] }
    var names: [[UInt64]: String] = [:]
    func place(_ range: LostRange) -> [UInt64] { [range.address, range.fileOffset, range.length] }
    for loss in report.lost { names[place(loss.range)] = loss.what }
    return lost.map { names[place($0)] }
  }

  package init(of core: Core) throws(SalvageError) {
    try self.init(core.structure, of: core.source)
  }

  package init(of source: any ByteSource) throws(SalvageError) {
    try self.init(Probe.structure(of: source), of: source)
  }

  private init(
    _ structure: CoreStructure, of source: any ByteSource
  ) throws(SalvageError) {
    file = source.path
    isRepaired = structure.isRepaired
    isCaptured = structure.isCaptured
    isSlim = structure.isSlim
    lost = []
    rebuilt = []
    origins = []
    let repairs = PriorRepair.all(in: structure, source)
    isDamaged = isRepaired && repairs.isEmpty
    for repair in repairs { try add(repair) }
  }

  private mutating func add(_ repair: PriorRepair) throws(SalvageError) {
    if let list = try repair.lost() {
      sizeFound = list.sizeFound
      sizeDue = list.sizeDue == 0 ? nil : list.sizeDue
      lost += list.ranges
      isDamaged = isDamaged || list.isDamaged
    } else {
      isDamaged = true
    }
    if repair.isCapture {
      capture = try repair.capture() ?? capture
      isDamaged = isDamaged || capture == nil
    }
    if repair.hasRebuilt {
      let note = try repair.rebuilt()
      rebuilt += note?.ranges ?? []
      isDamaged = isDamaged || note?.list.isDamaged ?? true
    }
    guard let origin = try repair.record() else { return }
    origins.append(String(validating: origin, as: UTF8.self) ?? PrintableText(origin).description)
  }
}
