/// The file header of an ELF core, and with it the way to the program header table.
struct ReferenceHeader: Sendable {
  static let extendedNumber: UInt16 = 0xffff  // PN_XNUM

  let format: ReferenceFormat
  let machine: UInt16
  let tableRange: Range<UInt64>
  let sectionTableRange: Range<UInt64>
  let isExtended: Bool

  init(_ source: ReferenceSource) throws {
    format = try Self.identify(source)
    let bytes = try source.read(at: 0, count: format.fileHeaderSize, for: "the file header")
    var reader = FieldReader(bytes, format, what: "the file header")
    _ = try reader.raw(16)
    let type = try reader.half()
    machine = try reader.half()
    let version = try reader.word()
    _ = try reader.native()  // e_entry
    let tableOffset = try reader.native()
    let sectionOffset = try reader.native()
    _ = try reader.word()  // e_flags
    let ownSize = try reader.half()
    let entrySize = try reader.half()
    let entryCount = try reader.half()
    let sectionSize = try reader.half()
    let sectionCount = try reader.half()

    guard type == 4 else { throw ReferenceError("e_type is \(type), not ET_CORE") }
    guard version == 1 else { throw ReferenceError("e_version is \(version)") }
    guard ownSize == format.fileHeaderSize else { throw ReferenceError("e_ehsize is \(ownSize)") }
    guard entrySize == format.programHeaderSize else {
      throw ReferenceError("e_phentsize is \(entrySize)")
    }
    isExtended = entryCount == Self.extendedNumber
    var count = UInt64(entryCount)
    var sections = UInt64(sectionCount)
    if isExtended || (sectionOffset > 0 && sectionCount == 0) {
      let first = try Self.firstSection(source, format, at: sectionOffset)
      if isExtended { count = first.info }
      if sectionCount == 0 { sections = max(first.size, 1) }
    }
    guard sections == 0 || sectionSize == format.sectionHeaderSize else {
      throw ReferenceError("e_shentsize is \(sectionSize)")
    }
    tableRange = try Self.range(
      tableOffset, count, UInt64(entrySize), in: source, "the program header table")
    sectionTableRange = try Self.range(
      sectionOffset, sections, UInt64(sectionSize), in: source, "the section header table")
  }

  func segments(of source: ReferenceSource) throws -> [ReferenceSegment] {
    let size = tableRange.upperBound - tableRange.lowerBound
    let bytes = try source.read(at: tableRange.lowerBound, count: Int(size))
    var reader = FieldReader(bytes, format, what: "the program header table")
    return try (0..<Int(size) / format.programHeaderSize)
      .map { try ReferenceSegment(&reader, index: $0) }
  }

  private static func identify(_ source: ReferenceSource) throws -> ReferenceFormat {
    let ident = try source.read(at: 0, count: 16, for: "e_ident")
    guard ident[..<4] == [0x7f, 0x45, 0x4c, 0x46] else { throw ReferenceError("no ELF magic") }
    guard (1...2).contains(ident[4]), (1...2).contains(ident[5]), ident[6] == 1 else {
      throw ReferenceError("e_ident names no class, byte order or version: \(ident)")
    }
    return ReferenceFormat(is64Bit: ident[4] == 2, isLittleEndian: ident[5] == 1)
  }

  private static func firstSection(
    _ source: ReferenceSource, _ format: ReferenceFormat, at offset: UInt64
  ) throws -> (size: UInt64, info: UInt64) {
    let what = "section header 0"
    let bytes = try source.read(at: offset, count: format.sectionHeaderSize, for: what)
    var reader = FieldReader(bytes, format, what: what)
    _ = try (reader.word(), reader.word())  // sh_name, sh_type
    _ = try (reader.native(), reader.native(), reader.native())  // sh_flags, sh_addr, sh_offset
    let size = try reader.native()
    _ = try reader.word()  // sh_link
    return (size, UInt64(try reader.word()))
  }

  private static func range(
    _ offset: UInt64, _ count: UInt64, _ size: UInt64, in source: ReferenceSource, _ what: String
  ) throws -> Range<UInt64> {
    guard count > 0 else { return offset..<offset }
    guard offset <= source.length, count <= (source.length - offset) / size else {
      throw ReferenceError(
        "\(what): \(count) entries at \(offset) end past the file's \(source.length)")
    }
    return offset..<offset + count * size
  }
}
