package import CoreIO
internal import ELFCore

/// Reads the structure of a core, tolerant of every cut: what is whole is taken, the rest is left.
package struct Probe {
  private let source: any ByteSource
  /// What is there of the source.
  private let present: DamageMap
  private let rules: NoteRules

  /// The structure of a core. Throws where these bytes are none.
  ///
  /// - Parameter present: the source's bytes, and which of them are lost; nil for none.
  package static func structure(
    of source: any ByteSource, present: DamageMap? = nil, rules: NoteRules = NoteRules()
  ) throws(SalvageError) -> CoreStructure {
    let whole = DamageMap(sizeFound: source.size, sizeDue: source.size)
    return try Probe(source: source, present: present ?? whole, rules: rules).structure()
  }

  private func structure() throws(SalvageError) -> CoreStructure {
    let fields = try fileHeader()
    let place = try TablePlace(fields.header, source, present)
    let header = place.header
    // Of what has a core's type by one bit alone, its first note has to tell that it is one.
    guard fields.foundType == FileHeader.coreType || place.isProven else {
      throw notACore(type: fields.foundType, header.format)
    }
    let headerBytes = try source.bytes(at: 0, count: header.format.fileHeaderSize)
    let count = try programHeaderCount(header)
    let tableSize = UInt64(header.format.programHeaderSize) * count
    let (tableEnd, overflow) = header.programHeaderOffset.addingReportingOverflow(tableSize)
    guard !overflow else {
      throw notACore(
        at: FileHeader.Layout.programHeaderOffset.offset(in: header.format),
        expected: "e_phoff inside a file", found: "\(header.programHeaderOffset)")
    }
    let found = try table(at: header.programHeaderOffset, count: count, header.format)
    let rules = TableRules(
      header, tableEnd: tableEnd, sizeFound: source.size, present: present)
    var table = rules.believed(of: found)
    var walk = try walk(table.headers, tableEnd, header.format)
    if !table.damaged.isEmpty {
      let isOfRepair = walk.isOfRepair(table.headers)
      if isOfRepair || !Self.isRuled(Self.writer(walk.notes, header)) {
        table = isOfRepair ? rules.believed(of: found, isOurs: true) : found
        walk = try self.walk(table.headers, tableEnd, header.format)
      }
    }
    let mend = try mend(table, header, count: count, walk)
    table = mend.table
    let ownNotes = walk.notes.filter { $0.owner == SalvageNote.owner }
    var structure = CoreStructure(
      header: header, headerBytes: headerBytes, table: table,
      tableRange: header.programHeaderOffset..<tableEnd, notes: walk.notes,
      ownNotes: ownNotes, notesAreCut: walk.isCut, notesAreFound: walk.isUnnamed,
      notesAreMerged: walk.isMerged,
      originalFiles: ownNotes.first { $0.kind == SalvageNote.file } ?? walk.oldFiles,
      notesAreMissized: walk.isMissized, mayLackID: walk.mayLackID,
      damagedNotes: walk.damaged.map { .init(range: $0, cause: .note) }, sizeFound: source.size,
      sizeDue: nil)
    structure.unnamed = mend.unnamed
    structure.sizeDue = sizeDue(structure)
    let damage = fields.damage + [place.damage].compactMap(\.self)
    structure.headerDamage = damage.isEmpty ? nil : damage.joined(separator: ", and ")
    return structure
  }

  /// Whether those who wrote the notes write tables by the rules, as far as that has been seen: the kernel and gdb. Of others
  /// there are too many to know.
  private static func isRuled(_ writer: CoreWriter) -> Bool {
    switch writer {
    case .linux, .gcore, .unknown: true
    default: false
    }
  }

  private static func writer(_ notes: [Note], _ header: FileHeader) -> CoreWriter {
    CoreWriter(
      notes, osABI: header.osABI, hasSections: header.sectionHeaderCount > 1,
      hasKernelMemory: false)
  }

  /// What is lost of the table, as far as the rest and the notes tell it.
  private func mend(
    _ table: HeaderTable, _ header: FileHeader, count: UInt64, _ walk: NoteWalk
  ) throws(SalvageError) -> TableMend {
    let format = header.format
    let size = UInt64(format.programHeaderSize)
    func entry(_ number: Int) -> Range<UInt64> {
      let start = header.programHeaderOffset + UInt64(number) * size
      return start..<start + size
    }
    // What is cut off was behind the end, as all memory was.
    let inFile =
      source.size > header.programHeaderOffset
      ? (source.size - header.programHeaderOffset) / size : 0
    let tableEnd = header.programHeaderOffset + UInt64(min(count, inFile)) * size
    let isWhole = present.isWhole || present.survives(header.programHeaderOffset..<tableEnd)
    let isOfRepair = walk.isOfRepair(table.headers)
    let noteEnd =
      table.headers.first { $0.kind == .note }?.fileEnd
      ?? walk.notes.last.map { $0.descriptorOffset +| $0.descriptorSize }
    let facts = TableMend.Facts(
      count: Int(min(count, inFile)),
      isTableThere: isWhole, isLost: { !present.survives(entry($0)) },
      files: isOfRepair ? nil : try files(walk.notes, format),
      fileStart: roundUp(noteEnd ?? 0, to: 4096),
      fileEnds: [source.size, header.sectionHeaderOffset].filter { $0 > 0 },
      rules: {
        let writer = Self.writer(walk.notes, header)
        return isOfRepair
          ? .none : writer == .linux ? .kernel : Self.isRuled(writer) ? .some : .none
      })
    return try TableMend(table, facts) { number throws(SalvageError) in
      guard isWhole || present.survives(entry(number)) else { return nil }
      let bytes = try source.bytes(at: entry(number).lowerBound, count: Int(size))
      return bytes.areZeros ? nil : ProgramHeader(bytes.span, in: format)
    }
  }

  private func files(
    _ notes: [Note], _ format: ELFFormat
  ) throws(SalvageError) -> MappedFiles? {
    let note = notes.first { $0.isProcessNote && $0.kind == .mappedFiles }
    guard let note, note.descriptorSize <= ProcessSnapshot.largestDescriptor else { return nil }
    let bytes = try source.bytes(at: note.descriptorOffset, count: Int(note.descriptorSize))
    return MappedFiles(bytes.span, in: format)
  }

  private func walk(
    _ headers: [ProgramHeader], _ tableEnd: UInt64, _ format: ELFFormat
  ) throws(SalvageError) -> NoteWalk {
    var walk = try NoteWalk(source, present, format, headers, rules)
    let unnamed = unnamedNotes(tableEnd, headers)
    if !headers.contains(where: { $0.kind == .note && unnamed.contains($0.fileOffset) }) {
      try walk.findUnnamed(in: unnamed)
    }
    return walk
  }

  // MARK: File header

  private func fileHeader() throws(SalvageError) -> HeaderFields {
    let bytes = try source.bytes(at: 0, count: 64)
    guard present.survives(0..<UInt64(bytes.count)) else {
      throw SalvageError(
        .beyondRepair(reason: "its file header is lost or can't be read"), file: source.path,
        offset: 0)
    }
    guard !bytes.isEmpty else {
      throw notACore(at: 0, expected: "an ELF file", found: "an empty file")
    }
    guard bytes.starts(with: FileHeader.magic.prefix(bytes.count)) else {
      let found = bytes.prefix(4).map { hexadecimal(UInt64($0), digits: 2) }
      let isBlank = bytes.count == 64 && bytes.areZeros
      let words =
        isBlank
        ? ": nothing where its header belongs, which gdb's gcore writes last; if that has ended, the dump is to be made again"
        : ""
      throw notACore(
        at: 0, expected: "an ELF file (7f 45 4c 46)", found: found.joined(separator: " ") + words)
    }
    guard bytes.count >= 52 else { throw cutInHeader(bytes.count) }
    guard let format = FileHeader.format(bytes.span) else {
      throw notACore(
        at: 4, expected: "an ELF class and byte order (1 or 2 each)",
        found: "\(bytes[4]) and \(bytes[5])")
    }
    guard let header = FileHeader(bytes.span) else { throw cutInHeader(bytes.count) }
    let fields = HeaderFields(header, bytes)
    guard fields.header.type == FileHeader.coreType else {
      throw notACore(type: header.type, format)
    }
    return fields
  }

  private func notACore(type: UInt16, _ format: ELFFormat) -> SalvageError {
    notACore(
      at: FileHeader.Layout.type.offset(in: format), expected: "e_type 4 (a core)",
      found: "\(type)" + (Self.typeNames[type].map { " (\($0))" } ?? ""))
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
    let start = header.programHeaderOffset
    let entry = try source.bytes(at: start, count: format.programHeaderSize)
    var most = source.size > start ? (source.size - start) / entrySize : 0
    var isByEntry = false
    if let first = ProgramHeader(entry.span, in: format), first.kind == .note,
      first.fileOffset > start
    {
      most = (first.fileOffset - start) / entrySize
      isByEntry = true
    }
    let section = try source.bytes(at: header.sectionHeaderOffset, count: format.sectionHeaderSize)
    if header.sectionHeaderOffset > 0,
      let count = SectionHeader(section.span, in: format)?.programHeaderCount, count > 0,
      // A table that would reach into the notes was never written.
      !isByEntry || UInt64(count) <= most
    {
      return UInt64(count)
    }
    return try plausibleCount(header, most: min(most, Self.mostProgramHeaders + 1))
  }

  /// How many entries stand there, or may have: the table ends before the first one that is no segment's. In a core of
  /// ours whose end is cut off once more, entry 0 names notes that lie far behind the table.
  private func plausibleCount(
    _ header: FileHeader, most: UInt64
  ) throws(SalvageError) -> UInt64 {
    let size = header.format.programHeaderSize
    var window = ByteWindow(source)
    let isWhole = present.isWhole
    for index in 1..<max(1, most) {
      let offset = header.programHeaderOffset &+ index * UInt64(size)
      let range = offset..<offset &+ UInt64(size)
      // What is lost was an entry, as far as anybody can tell.
      guard range.lowerBound < range.upperBound, range.upperBound <= source.size else {
        return most
      }
      guard isWhole || present.survives(range) else { continue }
      let bytes = try window.part(at: offset, count: size)
      guard let entry = ProgramHeader(bytes.span, in: header.format), entry.kind == .load,
        entry.fileOffset >= range.upperBound, entry.fileSize <= entry.memorySize,
        entry.fileEnd != nil
      else { return index }
    }
    return most
  }

  /// Where the kernel put the notes: behind the table, before the first segment's bytes. Where no PT_NOTE names any that
  /// are there, they may still stand there: a repair leaves the old ones when it writes new ones at the end.
  private func unnamedNotes(_ tableEnd: UInt64, _ headers: [ProgramHeader]) -> Range<UInt64> {
    let first = headers.lazy.filter { $0.kind == .load && $0.fileSize > 0 }.map(\.fileOffset).min()
    let end = min(first ?? source.size, source.size)
    return tableEnd..<max(tableEnd, end)
  }

  /// The whole entries of the table: as many of `count` as the file has bytes for.
  private func table(
    at offset: UInt64, count: UInt64, _ format: ELFFormat
  ) throws(SalvageError) -> HeaderTable {
    let entrySize = UInt64(format.programHeaderSize)
    let present = source.size > offset ? (source.size - offset) / entrySize : 0
    let whole = Int(min(count, present))
    let end = offset + UInt64(whole) * entrySize
    var table = HeaderTable()
    // What a hole has is all PT_NULL.
    if source.firstData(in: offset..<end) == offset..<end { table.reserveCapacity(whole) }
    let perRead = 1024
    var number = 0
    while number < whole,
      let data = source.firstData(in: offset + UInt64(number) * entrySize..<end)
    {
      let next = Int((data.lowerBound - offset) / entrySize)
      table.appendZeros(number..<next)
      number = next
      let wanted = min(perRead, whole - number)
      let bytes = try source.bytes(
        at: offset + UInt64(number) * entrySize, count: wanted * format.programHeaderSize)
      var record = 0
      while let header = ProgramHeader(bytes.span, record: record, in: format) {
        table.append(header, number: number)
        number += 1
        record += format.programHeaderSize
      }
      guard record > 0 else { break }
    }
    if number < whole, source.firstData(in: offset + UInt64(number) * entrySize..<end) == nil {
      table.appendZeros(number..<whole)
    }
    return table
  }

  // MARK: Due size

  /// The end of the last thing that the headers name; nil where that is past what any file can hold.
  private func sizeDue(_ structure: CoreStructure) -> UInt64? {
    var due = max(structure.tableRange.upperBound, UInt64(structure.format.fileHeaderSize))
    let isWhole = present.isWhole
    for (position, header) in structure.programHeaders.enumerated() where header.fileSize > 0 {
      // What is read where an entry is lost is no size.
      guard isWhole || structure.isKnown(at: position, present) else { continue }
      // Of notes that can't be so long, the notes count.
      if header.kind == .note, structure.notesAreMissized { continue }
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

extension NoteWalk {
  /// Whether a repair of ours has written the table: its notes are there, or the old ones where it leaves them.
  fileprivate func isOfRepair(_ headers: [ProgramHeader]) -> Bool {
    isMerged || isUnnamed && headers.contains { $0.kind == .note }
      || notes.contains { $0.owner == SalvageNote.owner }
  }
}
