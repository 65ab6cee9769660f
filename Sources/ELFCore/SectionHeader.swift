/// Section header 0 of a core with more than 65,534 program headers: it holds their count and nothing else.
public struct SectionHeader: Hashable, Sendable {
  /// `sh_info`: the count of program headers, where `e_phnum` is `PN_XNUM`.
  public var programHeaderCount: UInt32

  public init(programHeaderCount: UInt32) { self.programHeaderCount = programHeaderCount }

  /// What a section of code has in the file.
  public enum CodeKind: Hashable, Sendable {
    case present
    /// SHT_NOBITS
    case absent
  }

  /// Of a section of code, whether it is in the file; nil of others.
  public static func codeKind(
    _ bytes: Span<UInt8>, record: Int, in format: ELFFormat
  ) -> CodeKind? {
    // SHF_EXECINSTR
    guard let kind = Layout.type.read(bytes, record: record, in: format),
      let flags = Layout.flags.read(bytes, record: record, in: format), flags & 4 != 0
    else { return nil }
    return kind == 8 ? .absent : .present
  }

  private enum Layout {
    static let type = Field("sh_type", .word, at32: 4, at64: 4)
    static let flags = Field("sh_flags", .native, at32: 8, at64: 8)
    static let size = Field("sh_size", .native, at32: 20, at64: 32)
    static let link = Field("sh_link", .word, at32: 24, at64: 40)
    static let info = Field("sh_info", .word, at32: 28, at64: 44)
  }

  /// Reads section header 0; nil where it is cut.
  public init?(_ bytes: Span<UInt8>, in format: ELFFormat) {
    guard bytes.count >= format.sectionHeaderSize,
      let info = Layout.info.read(bytes, in: format)
    else { return nil }
    self.init(programHeaderCount: UInt32(info))
  }

  /// The record as the kernel writes it: `sh_size` is the count of section headers, 1.
  public func bytes(in format: ELFFormat) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: format.sectionHeaderSize)
    Layout.size.write(1, to: &bytes, in: format)
    Layout.info.write(UInt64(programHeaderCount), to: &bytes, in: format)
    return bytes
  }
}
