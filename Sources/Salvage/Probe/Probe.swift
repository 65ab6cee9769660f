internal import ELFCore

/// Reads the structure of a core, tolerant of every cut: what is whole is taken, the rest is left.
package struct Probe {
  private let source: any ByteSource

  private init(_ source: any ByteSource) { self.source = source }

  /// The structure of a core. Throws where these bytes are none.
  package static func structure(of source: any ByteSource) throws(SalvageError) -> CoreStructure {
    try Probe(source).structure()
  }

  private func structure() throws(SalvageError) -> CoreStructure {
    let header = try fileHeader()
    let headerBytes = try source.bytes(at: 0, count: header.format.fileHeaderSize)
    let count = try programHeaderCount(header)
    let tableSize = UInt64(header.format.programHeaderSize) * count
    let (tableEnd, overflow) = header.programHeaderOffset.addingReportingOverflow(tableSize)
    guard !overflow else {
      throw notACore(
        at: FileHeader.Layout.programHeaderOffset.offset(in: header.format),
        expected: "e_phoff inside a file", found: "\(header.programHeaderOffset)")
    }
    let programHeaders = try table(at: header.programHeaderOffset, count: count, header.format)
    let walk = try NoteWalk(source, header.format, programHeaders)
    var structure = CoreStructure(
      header: header, headerBytes: headerBytes, programHeaders: programHeaders,
      tableRange: header.programHeaderOffset..<tableEnd, notes: walk.notes,
      notesAreCut: walk.isCut, sizeFound: source.size, sizeDue: nil)
    structure.sizeDue = sizeDue(structure)
    return structure
  }

  // MARK: File header

  private func fileHeader() throws(SalvageError) -> FileHeader {
    let bytes = try source.bytes(at: 0, count: 64)
    guard !bytes.isEmpty else {
      throw notACore(at: 0, expected: "an ELF file", found: "an empty file")
    }
    guard bytes.starts(with: FileHeader.magic.prefix(bytes.count)) else {
      let found = bytes.prefix(4).map { hexadecimal(UInt64($0), digits: 2) }
      throw notACore(
        at: 0, expected: "an ELF file (7f 45 4c 46)", found: found.joined(separator: " "))
    }
    guard bytes.count >= 52 else { throw cutInHeader(bytes.count) }
    guard let format = FileHeader.format(bytes.span) else {
      throw notACore(
        at: 4, expected: "an ELF class and byte order (1 or 2 each)",
        found: "\(bytes[4]) and \(bytes[5])")
    }
    guard let header = FileHeader(bytes.span) else { throw cutInHeader(bytes.count) }
    guard header.type == FileHeader.coreType else {
      throw notACore(
        at: FileHeader.Layout.type.offset(in: format), expected: "e_type 4 (a core)",
        found: "\(header.type)" + (Self.typeNames[header.type].map { " (\($0))" } ?? ""))
    }
    return header
  }

  private static let typeNames: [UInt16: String] = [
    1: "an object file", 2: "a program", 3: "a shared library or program",
  ]

  private func cutInHeader(_ size: Int) -> SalvageError {
    SalvageError(
      .beyondRepair(reason: "cut inside the ELF header; no thread and no memory survived"),
      file: source.path, offset: UInt64(size))
  }

  // MARK: Program headers

  /// The kernel's limit of mappings is far below; a table that claims more is a trap for our memory.
  private static let mostProgramHeaders: UInt64 = 1 << 24

  /// How many program headers there should be.
  private func programHeaderCount(_ header: FileHeader) throws(SalvageError) -> UInt64 {
    let format = header.format
    guard header.programHeaderCount > 0 else {
      throw notACore(
        at: FileHeader.Layout.programHeaderCount.offset(in: format),
        expected: "program headers", found: "none")
    }
    guard Int(header.programHeaderEntrySize) == format.programHeaderSize else {
      throw notACore(
        at: FileHeader.Layout.programHeaderEntrySize.offset(in: format),
        expected: "e_phentsize \(format.programHeaderSize)",
        found: "\(header.programHeaderEntrySize)")
    }
    guard header.programHeaderCount == FileHeader.noCount else {
      return UInt64(header.programHeaderCount)
    }
    let count = try extendedCount(header)
    guard count <= Self.mostProgramHeaders else {
      throw notACore(
        at: FileHeader.Layout.programHeaderCount.offset(in: format),
        expected: "at most \(Self.mostProgramHeaders) program headers", found: "\(count)")
    }
    return count
  }

  /// The count where it has outgrown `e_phnum`. Section header 0 has it at the end of the file, which every cut
  /// loses; but the kernel lets the notes begin right after the table, so entry 0 gives it too.
  private func extendedCount(_ header: FileHeader) throws(SalvageError) -> UInt64 {
    let format = header.format
    let entrySize = UInt64(format.programHeaderSize)
    let section = try source.bytes(at: header.sectionHeaderOffset, count: format.sectionHeaderSize)
    if header.sectionHeaderOffset > 0,
      let count = SectionHeader(section.span, in: format)?.programHeaderCount, count > 0
    {
      return UInt64(count)
    }
    let entry = try source.bytes(at: header.programHeaderOffset, count: format.programHeaderSize)
    if let first = ProgramHeader(entry.span, in: format), first.kind == .note,
      first.fileOffset > header.programHeaderOffset
    {
      return (first.fileOffset - header.programHeaderOffset) / entrySize
    }
    return source.size > header.programHeaderOffset
      ? (source.size - header.programHeaderOffset) / entrySize : 0
  }

  /// The whole entries of the table: as many of `count` as the file has bytes for.
  private func table(
    at offset: UInt64, count: UInt64, _ format: ELFFormat
  ) throws(SalvageError) -> [ProgramHeader] {
    let entrySize = UInt64(format.programHeaderSize)
    let present = source.size > offset ? (source.size - offset) / entrySize : 0
    let whole = Int(min(count, present))
    var headers: [ProgramHeader] = []
    headers.reserveCapacity(whole)
    let perRead = 4096
    while headers.count < whole {
      let wanted = min(perRead, whole - headers.count)
      let bytes = try source.bytes(
        at: offset + UInt64(headers.count) * entrySize, count: wanted * format.programHeaderSize)
      var record = 0
      while let header = ProgramHeader(bytes.span, record: record, in: format) {
        headers.append(header)
        record += format.programHeaderSize
      }
      guard record > 0 else { break }
    }
    return headers
  }

  // MARK: Due size

  /// The end of the last thing that the headers name; nil where that is past what any file can hold.
  private func sizeDue(_ structure: CoreStructure) -> UInt64? {
    var due = max(structure.tableRange.upperBound, UInt64(structure.format.fileHeaderSize))
    for header in structure.programHeaders where header.fileSize > 0 {
      guard let end = header.fileEnd else { return nil }
      due = max(due, end)
    }
    if structure.header.sectionHeaderOffset > 0 {
      guard let sections = structure.sectionRange else { return nil }
      due = max(due, sections.upperBound)
    }
    return due <= UInt64(Int64.max) ? due : nil
  }

  private func notACore(at offset: Int, expected: String, found: String) -> SalvageError {
    SalvageError(
      .notACore(expected: expected, found: found), file: source.path, offset: UInt64(offset))
  }
}
