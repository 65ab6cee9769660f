internal import ELFCore
public import SystemPackage

/// What the notes of a repaired core say of it: the LOST, REBUILT and ORIGIN notes, read again.
public struct RepairRecord: Hashable, Sendable {
  public var file: FilePath
  /// False for a core that we never repaired.
  public var isRepaired: Bool
  /// In bytes; those of the last repair.
  public var sizeFound: UInt64?
  public var sizeDue: UInt64?
  /// Of all repairs, in the order of the notes.
  public var lost: [LostRange]
  /// What is in it that was not in the dump, of all repairs.
  public var rebuilt: [RebuiltRange]
  /// The ORIGIN notes' JSON, as it stands there.
  public var origins: [String]

  /// Why the core could not be read to its end; nil where it could. There may be more notes then.
  public internal(set) var readFailure: SalvageError?

  /// A note of ours that claims more is not read.
  private static let largestDescriptor: UInt64 = 256 << 20

  /// Reads the notes of a core. Throws where it is none.
  public init(of path: FilePath) throws(SalvageError) {
    self = try Intake.glance(at: path) { intake throws(SalvageError) in
      try RepairRecord(of: intake)
    }
  }

  private init(of intake: Intake) throws(SalvageError) {
    let structure = try Probe.structure(of: intake.source, present: intake.present)
    // What is lost of the notes of an archived core may have been ours: to say that there are none would be a guess.
    if structure.notesAreCut, let lost = (intake.source as? ArchiveSource)?.lostRanges.first {
      throw SalvageError(.damagedBlock(core: lost.range), file: intake.source.path)
    }
    try self.init(structure, of: intake.source)
    readFailure = intake.readFailure
  }

  package init(of source: any ByteSource) throws(SalvageError) {
    try self.init(Probe.structure(of: source), of: source)
  }

  private init(
    _ structure: CoreStructure, of source: any ByteSource
  ) throws(SalvageError) {
    file = source.path
    isRepaired = false
    lost = []
    rebuilt = []
    origins = []
    for note in structure.notes where note.owner == SalvageNote.owner {
      isRepaired = true
      guard note.descriptorSize <= Self.largestDescriptor else { continue }
      let bytes = try source.bytes(at: note.descriptorOffset, count: Int(note.descriptorSize))
      switch note.kind {
      case SalvageNote.lost:
        guard let list = LostNote(bytes.span, structure.format.byteOrder) else { continue }
        sizeFound = list.sizeFound
        sizeDue = list.sizeDue == 0 ? nil : list.sizeDue
        lost += list.ranges
      case SalvageNote.rebuilt:
        guard let note = RebuiltNote(bytes.span, structure.format.byteOrder) else { continue }
        rebuilt += zip(note.list.ranges, note.paths).map { RebuiltRange($0, path: $1) }
      case SalvageNote.origin:
        origins.append(String(validating: bytes, as: UTF8.self) ?? PrintableText(bytes).description)
      default: break
      }
    }
  }

  /// All of it, as one object.
  public var json: JSON {
    .members([
      "file": .string(PrintableText(file).description),
      "repaired": .bool(isRepaired),
      "sizeFound": sizeFound.map(JSON.number) ?? .null,
      "sizeDue": sizeDue.map(JSON.number) ?? .null,
      "lost": .array(lost.map { .object($0.jsonMembers) }),
      "rebuilt": .array(rebuilt.map(\.json)),
      "origins": .array(origins.map(JSON.string)),
    ])
  }
}

extension RepairRecord: CustomStringConvertible {
  /// Lines for people, safe to print: one for each lost range.
  public var description: String {
    let name = PrintableText(file)
    guard isRepaired else { return "\(name): no repair: it has none of coresalvage's notes" }
    let due = sizeDue.map { " of \(ByteCount($0))" } ?? ""
    var lines = ["\(name): repaired from \(ByteCount(sizeFound ?? 0))\(due)"]
    lines += origins.map { "  origin    \(PrintableText($0))" }
    lines.append(
      "  lost      \(lost.count) ranges, \(ByteCount(lost.total(\.length)))")
    lines += lost.map { "  \($0.line)" }
    if !rebuilt.isEmpty {
      let size = rebuilt.total(\.length)
      lines.append(
        "  rebuilt   \(rebuilt.count) ranges, \(ByteCount(size)), none of them of the dump")
      lines += rebuilt.map { "  \($0.line)" }
    }
    return lines.joined(separator: "\n")
  }
}

extension LostRange {
  /// One line: where it was, how long it is, and what became of it.
  fileprivate var line: String { "\(place)  \(ByteCount(length)), \(causeName), \(stateName)" }

  /// Where it was: a range of memory, or a place in the file.
  var place: String {
    let (end, overflow) = address.addingReportingOverflow(length)
    if headerIndex == Self.headerTable { return "program header table at offset \(fileOffset)" }
    if address == 0 { return "notes at offset \(fileOffset)" }
    return "0x\(hexadecimal(address))-0x\(hexadecimal(overflow ? .max : end))"
  }
}
