/// The two choices that fix how every integer of an ELF file is stored: its class and its byte
/// order.
public struct ReferenceFormat: Hashable, Sendable, CustomStringConvertible {
  /// `ELFCLASS64` if true, `ELFCLASS32` if not.
  public var is64Bit: Bool
  /// `ELFDATA2LSB` if true, `ELFDATA2MSB` if not.
  public var isLittleEndian: Bool

  public init(is64Bit: Bool, isLittleEndian: Bool) {
    self.is64Bit = is64Bit
    self.isLittleEndian = isLittleEndian
  }

  public static let elf64Little = ReferenceFormat(is64Bit: true, isLittleEndian: true)
  public static let elf64Big = ReferenceFormat(is64Bit: true, isLittleEndian: false)
  public static let elf32Little = ReferenceFormat(is64Bit: false, isLittleEndian: true)
  public static let elf32Big = ReferenceFormat(is64Bit: false, isLittleEndian: false)

  /// All four, for tests that run once for each.
  public static let all = [elf64Little, elf64Big, elf32Little, elf32Big]

  /// Bytes of an `Elf_Addr`, an `Elf_Off`, or a C `long` of the dumped process.
  public var nativeSize: Int { is64Bit ? 8 : 4 }
  /// `e_ehsize`, counted by hand from elf(5).
  public var fileHeaderSize: Int { is64Bit ? 64 : 52 }
  /// `e_phentsize`.
  public var programHeaderSize: Int { is64Bit ? 56 : 32 }
  /// `e_shentsize`.
  public var sectionHeaderSize: Int { is64Bit ? 64 : 40 }

  public var description: String {
    "ELF\(is64Bit ? 64 : 32), \(isLittleEndian ? "little" : "big") endian"
  }
}
