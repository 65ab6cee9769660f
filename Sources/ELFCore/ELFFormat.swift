/// How an ELF file lays out its integers: the class (32 or 64 bits) and the byte order.
///
/// Both are values, not types: one reader serves all four formats.
public struct ELFFormat: Hashable, Sendable {
  /// `EI_CLASS`: how wide addresses and offsets are.
  public enum Width: UInt8, Hashable, Sendable {
    case bits32 = 1
    case bits64 = 2
  }

  /// `EI_DATA`: which end of an integer comes first.
  public enum ByteOrder: UInt8, Hashable, Sendable {
    case little = 1
    case big = 2
  }

  public var width: Width
  public var byteOrder: ByteOrder

  public init(width: Width, byteOrder: ByteOrder) {
    self.width = width
    self.byteOrder = byteOrder
  }

  /// The four formats there are.
  public static let all = [
    ELFFormat(width: .bits32, byteOrder: .little), ELFFormat(width: .bits32, byteOrder: .big),
    ELFFormat(width: .bits64, byteOrder: .little), ELFFormat(width: .bits64, byteOrder: .big),
  ]

  /// The size of an address, of an offset and of a C `long`, in bytes.
  public var wordSize: Int { width == .bits64 ? 8 : 4 }
  /// `sizeof(ElfN_Ehdr)`
  public var fileHeaderSize: Int { width == .bits64 ? 64 : 52 }
  /// `sizeof(ElfN_Phdr)`
  public var programHeaderSize: Int { width == .bits64 ? 56 : 32 }
  /// `sizeof(ElfN_Shdr)`
  public var sectionHeaderSize: Int { width == .bits64 ? 64 : 40 }
  /// The largest offset or address that a header of this class can name.
  public var largestWord: UInt64 { width == .bits64 ? .max : UInt64(UInt32.max) }
}
