/// `ElfN_Ehdr`, without the parts that a core never uses. All offsets are widened to 64 bits.
package struct FileHeader: Hashable, Sendable {
  package var format: ELFFormat
  /// `e_ident[EI_OSABI]`: 0 for Linux, 9 for FreeBSD.
  package var osABI: UInt8
  /// `e_type`: 4 (`ET_CORE`) for a core.
  package var type: UInt16
  package var machine: Machine
  /// `e_entry`: of a program, not of a core.
  package var entry: UInt64
  package var programHeaderOffset: UInt64
  package var sectionHeaderOffset: UInt64
  /// `e_flags`: bits that each machine has for itself.
  package var flags: UInt32
  package var programHeaderEntrySize: UInt16
  /// `e_phnum`: `noCount` where section header 0 has the count (more than 65,534).
  package var programHeaderCount: UInt16
  package var sectionHeaderEntrySize: UInt16
  package var sectionHeaderCount: UInt16
  package var sectionNameIndex: UInt16

  /// `PN_XNUM`
  package static let noCount: UInt16 = 0xffff
  /// `ET_CORE`
  package static let coreType: UInt16 = 4
  /// `EI_VERSION`: where `e_ident` has the version, which is 1.
  package static let identVersion = 6
  /// `\x7fELF`
  package static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

  /// Where each field lies; `e_ident` (16 bytes) comes before them.
  package enum Layout {
    package static let type = Field("e_type", .half, at32: 16, at64: 16)
    package static let machine = Field("e_machine", .half, at32: 18, at64: 18)
    package static let version = Field("e_version", .word, at32: 20, at64: 20)
    package static let entry = Field("e_entry", .native, at32: 24, at64: 24)
    package static let programHeaderOffset = Field("e_phoff", .native, at32: 28, at64: 32)
    package static let sectionHeaderOffset = Field("e_shoff", .native, at32: 32, at64: 40)
    package static let flags = Field("e_flags", .word, at32: 36, at64: 48)
    package static let headerSize = Field("e_ehsize", .half, at32: 40, at64: 52)
    package static let programHeaderEntrySize = Field("e_phentsize", .half, at32: 42, at64: 54)
    package static let programHeaderCount = Field("e_phnum", .half, at32: 44, at64: 56)
    package static let sectionHeaderEntrySize = Field("e_shentsize", .half, at32: 46, at64: 58)
    package static let sectionHeaderCount = Field("e_shnum", .half, at32: 48, at64: 60)
    package static let sectionNameIndex = Field("e_shstrndx", .half, at32: 50, at64: 62)
  }

  /// The format that `e_ident` names; nil where these bytes are no ELF identification.
  package static func format(_ bytes: Span<UInt8>) -> ELFFormat? {
    guard bytes.count >= 16, bytes.array(0..<4) == magic,
      let class_ = bytes.integer(at: 4, size: 1, .little),
      let data = bytes.integer(at: 5, size: 1, .little),
      let width = ELFFormat.Width(rawValue: UInt8(class_)),
      let order = ELFFormat.ByteOrder(rawValue: UInt8(data))
    else { return nil }
    return ELFFormat(width: width, byteOrder: order)
  }

  /// Reads a file header; nil where it is cut or no ELF header.
  package init?(_ bytes: Span<UInt8>) {
    guard let format = Self.format(bytes), bytes.count >= format.fileHeaderSize,
      let osABI = bytes.integer(at: 7, size: 1, .little)
    else { return nil }
    func half(_ field: Field) -> UInt16 {
      UInt16(truncatingIfNeeded: field.read(bytes, in: format) ?? 0)
    }
    func word(_ field: Field) -> UInt64 { field.read(bytes, in: format) ?? 0 }
    self.format = format
    self.osABI = UInt8(osABI)
    type = half(Layout.type)
    machine = Machine(rawValue: half(Layout.machine))
    entry = word(Layout.entry)
    programHeaderOffset = word(Layout.programHeaderOffset)
    sectionHeaderOffset = word(Layout.sectionHeaderOffset)
    flags = UInt32(truncatingIfNeeded: word(Layout.flags))
    programHeaderEntrySize = half(Layout.programHeaderEntrySize)
    programHeaderCount = half(Layout.programHeaderCount)
    sectionHeaderEntrySize = half(Layout.sectionHeaderEntrySize)
    sectionHeaderCount = half(Layout.sectionHeaderCount)
    sectionNameIndex = half(Layout.sectionNameIndex)
  }

  /// Writes the fields that can have one value alone in a core into the bytes of a header.
  package func patchSoleValues(in bytes: inout [UInt8]) {
    if bytes.count > Self.identVersion { bytes[Self.identVersion] = 1 }
    Layout.type.write(UInt64(Self.coreType), to: &bytes, in: format)
    Layout.version.write(1, to: &bytes, in: format)
    Layout.headerSize.write(UInt64(format.fileHeaderSize), to: &bytes, in: format)
    Layout.programHeaderEntrySize.write(UInt64(format.programHeaderSize), to: &bytes, in: format)
  }

  /// Writes where the tables are into the bytes of a header; all else stays as it was.
  package func patchTables(in bytes: inout [UInt8]) {
    Layout.programHeaderOffset.write(programHeaderOffset, to: &bytes, in: format)
    Layout.programHeaderCount.write(UInt64(programHeaderCount), to: &bytes, in: format)
    Layout.sectionHeaderOffset.write(sectionHeaderOffset, to: &bytes, in: format)
    Layout.sectionHeaderEntrySize.write(UInt64(sectionHeaderEntrySize), to: &bytes, in: format)
    Layout.sectionHeaderCount.write(UInt64(sectionHeaderCount), to: &bytes, in: format)
    Layout.sectionNameIndex.write(UInt64(sectionNameIndex), to: &bytes, in: format)
  }
}
