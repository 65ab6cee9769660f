/// How an ELF file lays out its integers: the class (32 or 64 bits) and the byte order.
///
/// Both are values, not types: one reader serves all four formats.
package struct ELFFormat: Hashable, Sendable {
  /// `EI_CLASS`: how wide addresses and offsets are.
  package enum Width: UInt8, Hashable, Sendable {
    case bits32 = 1
    case bits64 = 2
  }

  /// `EI_DATA`: which end of an integer comes first.
  package enum ByteOrder: UInt8, Hashable, Sendable {
    case little = 1
    case big = 2
  }

  package var width: Width
  package var byteOrder: ByteOrder

  package init(width: Width, byteOrder: ByteOrder) {
    self.width = width
    self.byteOrder = byteOrder
  }

  /// The four formats there are.
  package static let all = [
    ELFFormat(width: .bits32, byteOrder: .little), ELFFormat(width: .bits32, byteOrder: .big),
    ELFFormat(width: .bits64, byteOrder: .little), ELFFormat(width: .bits64, byteOrder: .big),
  ]

  /// The size of an address, of an offset and of a C `long`, in bytes.
  package var wordSize: Int { width == .bits64 ? 8 : 4 }
  /// `sizeof(ElfN_Ehdr)`
  package var fileHeaderSize: Int { width == .bits64 ? 64 : 52 }
  /// `sizeof(ElfN_Phdr)`
  package var programHeaderSize: Int { width == .bits64 ? 56 : 32 }
  /// `sizeof(ElfN_Shdr)`
  package var sectionHeaderSize: Int { width == .bits64 ? 64 : 40 }
  /// The largest offset or address that a header of this class can name.
  package var largestWord: UInt64 { width == .bits64 ? .max : UInt64(UInt32.max) }
}
