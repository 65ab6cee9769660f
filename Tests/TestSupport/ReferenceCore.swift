import SystemPackage

/// An independent reader of ELF cores: the judge of what coresalvage writes.
///
/// It shares no code with the product, reads every record field by field in elf(5)'s order, and is
/// strict: anything that contradicts anything else throws. A core that was cut and not repaired is
/// refused too.
public struct ReferenceCore: Sendable {
  public let source: ReferenceSource
  public let format: ReferenceFormat
  public let machine: UInt16
  /// The program header table, in its own order.
  public let segments: [ReferenceSegment]
  /// The bytes of the program header table.
  public let tableRange: Range<UInt64>
  /// The bytes of the section header table; empty without one.
  public let sectionRange: Range<UInt64>
  /// True if `e_phnum` is PN_XNUM and section header 0 holds the count.
  public let isExtended: Bool
  /// The notes of all PT_NOTEs, in the order of the table.
  public let notes: [ReferenceNote]
  /// One for each NT_PRSTATUS, in the order of the notes.
  public let threads: [ReferenceThread]
  /// The PT_LOADs that have bytes in the file, by address.
  let readable: [ReferenceSegment]

  public init(_ bytes: [UInt8]) throws {
    try self.init(ReferenceSource(bytes))
  }

  public init(contentsOf path: FilePath) throws {
    do {
      try self.init(ReferenceSource(contentsOf: path))
    } catch let error as ReferenceError {
      throw ReferenceError("\(path): \(error)")
    }
  }

  public init(_ source: ReferenceSource) throws {
    let header = try ReferenceHeader(source)
    let format = header.format
    let segments = try header.segments(of: source)
    let notes = try segments.filter(\.isNote)
      .flatMap { try ReferenceNote.all(in: $0, of: source, format) }
    self.source = source
    self.format = format
    self.segments = segments
    self.notes = notes
    machine = header.machine
    tableRange = header.tableRange
    sectionRange = header.sectionTableRange.isEmpty ? 0..<0 : header.sectionTableRange
    isExtended = header.isExtended
    threads = try notes.filter { $0.owner == "CORE" && $0.type == ReferenceNote.prstatus }
      .map { try ReferenceThread($0, format) }
    readable = segments.filter { $0.isLoad && $0.fileSize > 0 }.sorted { $0.address < $1.address }
    try checkFile(header)
    try checkMemory()
    try checkThreads()
  }

  public var loads: [ReferenceSegment] { segments.filter(\.isLoad) }
  public var noteSegments: [ReferenceSegment] { segments.filter(\.isNote) }
  public var threadIDs: [Int32] { threads.map(\.id) }

  /// The notes of one owner and type.
  public func notes(_ owner: String, _ type: UInt32) -> [ReferenceNote] {
    notes.filter { $0.owner == owner && $0.type == type }
  }

  /// The mapped files of NT_FILE; none if there is no such note.
  public func mappings() throws -> [ReferenceMapping] {
    guard let note = notes("CORE", ReferenceNote.file).first else { return [] }
    return try ReferenceMapping.all(in: note.descriptor, format)
  }

  /// Where the last byte that a program header names ends: the size that the file must have.
  public var dueSize: UInt64 {
    segments.map(\.fileRange.upperBound).max() ?? 0
  }
}
