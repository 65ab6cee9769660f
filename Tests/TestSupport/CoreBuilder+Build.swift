extension CoreBuilder {
  /// The core, and where its parts lie.
  public func build() -> BuiltCore {
    let format = machine.format
    let (noteBytes, noteEnds) = encodedNotes()
    let tableStart = format.fileHeaderSize
    let tableEnd = tableStart + (segments.count + 1) * format.programHeaderSize

    var end = tableEnd
    var notesStart = tableEnd
    if layout == .kernel { end += noteBytes.count }
    var places: [Range<Int>] = []
    for segment in segments {
      end = (end + pageSize - 1) / pageSize * pageSize
      let start = end
      end += segment.bytes?.count ?? 0
      places.append(start..<end)
    }
    if layout == .gcore {
      notesStart = (end + 3) / 4 * 4
      end = notesStart + noteBytes.count
    }
    let notesRange = notesStart..<notesStart + noteBytes.count
    let dueSize = end
    let sections = sectionHeaders(notesRange, places)
    let sectionStart = sections.isEmpty ? end : (end + 7) / 8 * 8

    var writer = FieldWriter(format)
    writeFileHeader(&writer, sectionStart: sections.isEmpty ? 0 : sectionStart, sections.count)
    writeTable(&writer, notesRange, places)
    if layout == .kernel { writer.raw(noteBytes) }
    for (segment, place) in zip(segments, places) {
      guard let bytes = segment.bytes, !bytes.isEmpty else { continue }
      writer.fill(to: place.lowerBound)
      writer.raw(bytes)
    }
    if layout == .gcore {
      writer.fill(to: notesStart)
      writer.raw(noteBytes)
    }
    writer.fill(to: max(sectionStart, writer.bytes.count))
    for section in sections { writer.raw(section) }
    return BuiltCore(
      bytes: writer.bytes, tableRange: tableStart..<tableEnd, notesRange: notesRange,
      noteRanges: zip([0] + noteEnds, noteEnds).map { notesStart + $0..<notesStart + $1 },
      segmentRanges: places, sectionRange: sectionStart..<writer.bytes.count, dueSize: dueSize)
  }

  private var isExtended: Bool { usesExtendedNumbering || segments.count + 1 >= 0xffff }

  private func encodedNotes() -> (bytes: [UInt8], ends: [Int]) {
    var writer = FieldWriter(machine.format)
    var ends: [Int] = []
    for note in notes {
      writer.word(UInt32(note.owner.utf8.count + 1))
      writer.word(UInt32(note.descriptor.count))
      writer.word(note.type)
      writer.raw(Array(note.owner.utf8) + [0])
      writer.pad(to: 4)
      writer.raw(note.descriptor)
      writer.pad(to: 4)
      ends.append(writer.bytes.count)
    }
    return (writer.bytes, ends)
  }

  private func writeFileHeader(_ writer: inout FieldWriter, sectionStart: Int, _ sections: Int) {
    let format = machine.format
    writer.raw([0x7f, 0x45, 0x4c, 0x46])  // EI_MAG0 to EI_MAG3
    writer.raw([format.is64Bit ? 2 : 1, format.isLittleEndian ? 1 : 2, 1])  // class, data, version
    writer.fill(to: 16)
    writer.half(4)  // e_type: ET_CORE
    writer.half(machine.number)
    writer.word(1)  // e_version
    writer.native(0)  // e_entry
    writer.native(UInt64(format.fileHeaderSize))  // e_phoff
    writer.native(UInt64(sectionStart))  // e_shoff
    writer.word(machine.flags)  // e_flags
    writer.half(UInt16(format.fileHeaderSize))  // e_ehsize
    writer.half(UInt16(format.programHeaderSize))  // e_phentsize
    writer.half(isExtended ? 0xffff : UInt16(segments.count + 1))  // e_phnum
    writer.half(sections > 0 ? UInt16(format.sectionHeaderSize) : 0)  // e_shentsize
    writer.half(sections < 0xff00 ? UInt16(sections) : 0)  // e_shnum
    writer.half(layout == .gcore ? UInt16(min(sections - 1, 0xffff)) : 0)  // e_shstrndx
  }

  private func writeTable(_ writer: inout FieldWriter, _ notes: Range<Int>, _ places: [Range<Int>])
  {
    writeProgramHeader(
      &writer, type: 4, flags: 0, offset: notes.lowerBound, address: 0, fileSize: notes.count,
      memorySize: 0, alignment: noteAlignment)
    for (segment, place) in zip(segments, places) {
      writeProgramHeader(
        &writer, type: 1, flags: segment.flags, offset: place.lowerBound, address: segment.address,
        fileSize: place.count, memorySize: segment.memorySize, alignment: UInt64(pageSize))
    }
  }

  func writeProgramHeader(
    _ writer: inout FieldWriter, type: UInt32, flags: UInt32, offset: Int, address: UInt64,
    fileSize: Int, memorySize: UInt64, alignment: UInt64
  ) {
    let is64Bit = machine.format.is64Bit
    writer.word(type)
    if is64Bit { writer.word(flags) }
    writer.native(UInt64(offset))
    writer.native(address)
    writer.native(0)  // p_paddr
    writer.native(UInt64(fileSize))
    writer.native(memorySize)
    if !is64Bit { writer.word(flags) }
    writer.native(alignment)
  }
}

extension CoreBuilder {
  /// The bytes of one note, as they stand among others.
  public func noteBytes(_ note: BuilderNote) -> [UInt8] {
    var builder = self
    builder.notes = [note]
    return builder.encodedNotes().bytes
  }
}
