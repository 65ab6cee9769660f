extension CoreBuilder {
  /// One encoded section header after the other.
  ///
  /// The kernel writes section header 0 alone, and only for PN_XNUM. gcore describes the notes and
  /// every segment; its string table is here left empty, since no reader of cores asks for names.
  func sectionHeaders(_ notes: Range<Int>, _ places: [Range<Int>]) -> [[UInt8]] {
    let isExtended = usesExtendedNumbering || segments.count + 1 >= 0xffff
    guard layout == .gcore || isExtended else { return [] }
    let count = layout == .gcore ? segments.count + 3 : 1
    let zero = section(
      type: 0, flags: 0, address: 0, offset: 0,
      size: isExtended || count >= 0xff00 ? UInt64(count) : 0,
      info: isExtended ? UInt32(segments.count + 1) : 0, alignment: 0)
    guard layout == .gcore else { return [zero] }

    var sections = [zero]
    sections.append(
      section(
        type: 7, flags: 2, address: 0, offset: notes.lowerBound, size: UInt64(notes.count), info: 0,
        alignment: 1))
    for (segment, place) in zip(segments, places) {
      let flags: UInt64 = 2 | (segment.flags & 2 == 0 ? 0 : 1) | (segment.flags & 1 == 0 ? 0 : 4)
      sections.append(
        section(
          type: segment.bytes == nil ? 8 : 1, flags: flags, address: segment.address,
          offset: place.lowerBound, size: segment.memorySize, info: 0, alignment: 1))
    }
    // The last byte of e_ident is a NUL, which is all that an empty .shstrtab needs.
    sections.append(
      section(type: 3, flags: 0, address: 0, offset: 15, size: 1, info: 0, alignment: 1))
    return sections
  }

  private func section(
    type: UInt32, flags: UInt64, address: UInt64, offset: Int, size: UInt64, info: UInt32,
    alignment: UInt64
  ) -> [UInt8] {
    var writer = FieldWriter(machine.format)
    writer.word(0)  // sh_name
    writer.word(type)
    writer.native(flags)
    writer.native(address)
    writer.native(UInt64(offset))
    writer.native(size)
    writer.word(0)  // sh_link
    writer.word(info)
    writer.native(alignment)
    writer.native(0)  // sh_entsize
    return writer.bytes
  }
}
