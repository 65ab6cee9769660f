/// Section header 0 of a core with more than 65,534 program headers: it holds their count and nothing else.
package struct SectionHeader: Hashable, Sendable {
  /// `sh_info`: the count of program headers, where `e_phnum` is `PN_XNUM`.
  package var programHeaderCount: UInt32

  package init(programHeaderCount: UInt32) { self.programHeaderCount = programHeaderCount }

  /// A section of code: where it was linked for, and whether the file has it (else it is SHT_NOBITS).
  package struct Code: Hashable, Sendable {
    package var range: Range<UInt64>
    package var isPresent: Bool

    /// Reads the header at `record`; nil for a section of anything else.
    package init?(_ bytes: Span<UInt8>, record: Int, in format: ELFFormat) {
      // SHF_EXECINSTR
      guard let flags = Layout.flags.read(bytes, record: record, in: format), flags & 4 != 0,
        let kind = Layout.type.read(bytes, record: record, in: format),
        let start = Layout.address.read(bytes, record: record, in: format),
        let size = Layout.size.read(bytes, record: record, in: format)
      else { return nil }
      range = start..<start + min(size, UInt64.max - start)
      isPresent = kind != 8
    }
  }

  private enum Layout {
    static let name = Field("sh_name", .word, at32: 0, at64: 0)
    static let type = Field("sh_type", .word, at32: 4, at64: 4)
    static let flags = Field("sh_flags", .native, at32: 8, at64: 8)
    static let address = Field("sh_addr", .native, at32: 12, at64: 16)
    static let offset = Field("sh_offset", .native, at32: 16, at64: 24)
    static let size = Field("sh_size", .native, at32: 20, at64: 32)
    static let link = Field("sh_link", .word, at32: 24, at64: 40)
    static let info = Field("sh_info", .word, at32: 28, at64: 44)
  }

  /// Reads section header 0; nil where it is cut.
  package init?(_ bytes: Span<UInt8>, in format: ELFFormat) {
    guard bytes.count >= format.sectionHeaderSize,
      let info = Layout.info.read(bytes, in: format)
    else { return nil }
    self.init(programHeaderCount: UInt32(info))
  }

  /// The record as the kernel writes it: `sh_size` is the count of section headers, 1.
  package func bytes(in format: ELFFormat) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: format.sectionHeaderSize)
    Layout.size.write(1, to: &bytes, in: format)
    Layout.info.write(UInt64(programHeaderCount), to: &bytes, in: format)
    return bytes
  }
}

extension SectionHeader {
  /// What any other section header says of its section's bytes.
  package struct Contents: Hashable, Sendable {
    /// Where its name stands in the section of names.
    package var name: UInt64
    package var type: UInt64
    package var offset: UInt64
    package var size: UInt64

    /// Reads the header that begins at `record`; nil where it is cut.
    package init?(_ bytes: Span<UInt8>, record: Int, in format: ELFFormat) {
      guard record >= 0, record <= bytes.count - format.sectionHeaderSize,
        let name = Layout.name.read(bytes, record: record, in: format),
        let type = Layout.type.read(bytes, record: record, in: format),
        let offset = Layout.offset.read(bytes, record: record, in: format),
        let size = Layout.size.read(bytes, record: record, in: format)
      else { return nil }
      self.name = name
      self.type = type
      self.offset = offset
      self.size = size
    }
  }
}
