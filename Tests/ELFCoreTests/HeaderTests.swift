import ELFCore
import TestSupport
import Testing

/// Headers whose bytes are appended in elf(5)'s order, apart from the reader's table of offsets.
@Suite("a header")
struct HeaderTests {
  private static func programHeader(_ format: ReferenceFormat) -> [UInt8] {
    var writer = FieldWriter(format)
    writer.word(1)  // p_type
    if format.is64Bit { writer.word(6) }  // p_flags
    writer.native(0x1000)  // p_offset
    writer.native(0x8000_1000)  // p_vaddr
    writer.native(0x9000_1000)  // p_paddr
    writer.native(0x2000)  // p_filesz
    writer.native(0x3000)  // p_memsz
    if !format.is64Bit { writer.word(6) }
    writer.native(0x100)  // p_align
    return writer.bytes
  }

  private static func fileHeader(_ format: ReferenceFormat) -> [UInt8] {
    var writer = FieldWriter(format)
    writer.raw([0x7f, 0x45, 0x4c, 0x46])
    writer.raw([format.is64Bit ? 2 : 1, format.isLittleEndian ? 1 : 2, 1, 9])
    writer.fill(to: 16)
    writer.half(4)  // e_type
    writer.half(62)  // e_machine
    writer.word(1)  // e_version
    writer.native(0x1234)  // e_entry
    writer.native(0x40)  // e_phoff
    writer.native(0x5678)  // e_shoff
    writer.word(0xabcd)  // e_flags
    for number in [64, 56, 7, 40, 3, 2] as [UInt16] { writer.half(number) }
    return writer.bytes
  }

  @Test("of a program segment is read field by field", arguments: FormatPair.all)
  func programHeader(of pair: FormatPair) throws {
    let bytes = Self.programHeader(pair.reference)
    #expect(bytes.count == pair.format.programHeaderSize)
    let read = ProgramHeader(bytes.span, in: pair.format)
    let header = try #require(read)
    #expect(header.kind == .load && header.flags == [.read, .write])
    #expect(header.fileOffset == 0x1000 && header.address == 0x8000_1000)
    #expect(header.physicalAddress == 0x9000_1000)
    #expect(header.fileSize == 0x2000 && header.memorySize == 0x3000 && header.alignment == 0x100)
    #expect(header.fileEnd == 0x3000 && header.addressEnd == 0x8000_4000)
    var written: [UInt8] = []
    header.append(to: &written, in: pair.format)
    #expect(written == bytes)
  }

  @Test("of a program segment, cut anywhere before its end, is none", arguments: FormatPair.all)
  func cutProgramHeader(of pair: FormatPair) {
    let whole = Self.programHeader(pair.reference)
    for length in 0..<whole.count {
      let bytes = Array(whole[..<length])
      let header = ProgramHeader(bytes.span, in: pair.format)
      #expect(header == nil, "cut to \(length) bytes")
    }
    let outside = [-1, 1, Int.max].map { ProgramHeader(whole.span, record: $0, in: pair.format) }
    #expect(outside.allSatisfy { $0 == nil })
  }

  @Test("of a segment whose end overflows has no end in the file")
  func overflow() {
    let header = ProgramHeader(
      kind: .load, flags: [], fileOffset: .max, address: .max, fileSize: 2, memorySize: 2,
      alignment: 1)
    #expect(header.fileEnd == nil)
    #expect(header.addressEnd == .max)
  }

  @Test("of a file is read field by field, and patched in place", arguments: FormatPair.all)
  func fileHeader(of pair: FormatPair) throws {
    var bytes = Self.fileHeader(pair.reference)
    #expect(bytes.count == pair.format.fileHeaderSize)
    let read = FileHeader(bytes.span)
    var header = try #require(read)
    #expect(header.format == pair.format && header.osABI == 9 && header.type == 4)
    #expect(header.machine == .x86_64 && header.entry == 0x1234)
    #expect(header.programHeaderOffset == 0x40 && header.sectionHeaderOffset == 0x5678)
    #expect(header.programHeaderEntrySize == 56 && header.programHeaderCount == 7)
    #expect(header.sectionHeaderEntrySize == 40 && header.sectionHeaderCount == 3)
    #expect(header.sectionNameIndex == 2)
    let before = bytes
    header.patchTables(in: &bytes)
    #expect(bytes == before)
    header.programHeaderOffset = 0x77
    header.programHeaderCount = 9
    header.patchTables(in: &bytes)
    let again = FileHeader(bytes.span)
    #expect(again == header)
  }

  @Test("of a file, cut anywhere before its end, is none", arguments: FormatPair.all)
  func cutFileHeader(of pair: FormatPair) {
    let whole = Self.fileHeader(pair.reference)
    for length in 0..<whole.count {
      let bytes = Array(whole[..<length])
      let header = FileHeader(bytes.span)
      #expect(header == nil, "cut to \(length) bytes")
    }
  }

  @Test("of section 0 gives the count that e_phnum can't", arguments: FormatPair.all)
  func sectionHeader(of pair: FormatPair) {
    var writer = FieldWriter(pair.reference)
    for _ in 0..<2 { writer.word(0) }  // sh_name, sh_type
    for _ in 0..<3 { writer.native(0) }  // sh_flags, sh_addr, sh_offset
    writer.native(1)  // sh_size
    writer.word(0)  // sh_link
    writer.word(70_000)  // sh_info
    for _ in 0..<2 { writer.native(0) }  // sh_addralign, sh_entsize
    let read = SectionHeader(writer.bytes.span, in: pair.format)
    #expect(read?.programHeaderCount == 70_000)
    #expect(SectionHeader(programHeaderCount: 70_000).bytes(in: pair.format) == writer.bytes)
    let cut = Array(writer.bytes.dropLast())
    let none = SectionHeader(cut.span, in: pair.format)
    #expect(none == nil)
  }

  @Test(
    "of a format that is none is refused",
    arguments: [(0, 1), (3, 1), (1, 0), (2, 3), (255, 255)] as [(UInt8, UInt8)])
  func unknownFormat(width: UInt8, order: UInt8) {
    var bytes = Self.fileHeader(.elf64Little)
    bytes[4] = width
    bytes[5] = order
    let header = FileHeader(bytes.span)
    #expect(header == nil)
  }
}
