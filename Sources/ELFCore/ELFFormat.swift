/// How an ELF file lays out its integers: the class (32 or 64 bits) and the byte order.
///
/// Both are values, not types: one reader serves all four formats.
@usableFromInline
package struct ELFFormat: Hashable, Sendable {
  /// `EI_CLASS`: how wide addresses and offsets are.
  @usableFromInline
  package enum Width: UInt8, Hashable, Sendable {
    case bits32 = 1
    case bits64 = 2
  }

  /// `EI_DATA`: which end of an integer comes first.
  @usableFromInline
  package enum ByteOrder: UInt8, Hashable, Sendable {
    case little = 1
    case big = 2
  }

  @usableFromInline package var width: Width
  @usableFromInline package var byteOrder: ByteOrder

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
  @inlinable package var wordSize: Int { width == .bits64 ? 8 : 4 }
  /// `sizeof(ElfN_Ehdr)`
  @inlinable package var fileHeaderSize: Int { width == .bits64 ? 64 : 52 }
  /// `sizeof(ElfN_Phdr)`
  @inlinable package var programHeaderSize: Int { width == .bits64 ? 56 : 32 }
  /// `sizeof(ElfN_Shdr)`
  @inlinable package var sectionHeaderSize: Int { width == .bits64 ? 64 : 40 }
  /// The largest offset or address that a header of this class can name.
  @inlinable package var largestWord: UInt64 { width == .bits64 ? .max : UInt64(UInt32.max) }
}
