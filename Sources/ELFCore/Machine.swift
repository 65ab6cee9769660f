/// `e_machine`: an open set, of which we know the names of many and the registers of some.
public struct Machine: RawRepresentable, Hashable, Sendable {
  /// `e_machine`
  public let rawValue: UInt16
  /// Any number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let sparc = Machine(rawValue: 2)
  package static let i386 = Machine(rawValue: 3)
  package static let m68k = Machine(rawValue: 4)
  package static let mips = Machine(rawValue: 8)
  package static let hppa = Machine(rawValue: 15)
  package static let sparc32Plus = Machine(rawValue: 18)
  package static let ppc = Machine(rawValue: 20)
  package static let ppc64 = Machine(rawValue: 21)
  package static let s390 = Machine(rawValue: 22)
  package static let arm = Machine(rawValue: 40)
  package static let sparc64 = Machine(rawValue: 43)
  package static let x86_64 = Machine(rawValue: 62)
  package static let aarch64 = Machine(rawValue: 183)
  package static let riscv = Machine(rawValue: 243)
  package static let loongArch = Machine(rawValue: 258)
  package static let alpha = Machine(rawValue: 0x9026)

  /// What people call a core of this machine and format, or nil for one that we don't know.
  package func name(in format: ELFFormat, flags: UInt32 = 0) -> String? {
    let is64 = format.width == .bits64
    let isLittle = format.byteOrder == .little
    return switch self {
    case .x86_64: is64 ? "x86-64" : "x32"
    case .riscv: is64 ? "riscv64" : "riscv32"
    case .ppc64: isLittle ? "ppc64le" : "ppc64"
    case .s390: is64 ? "s390x" : "s390"
    case .mips where isN32(in: format, flags: flags): "mipsn32" + (isLittle ? "el" : "")
    case .mips: (is64 ? "mips64" : "mips") + (isLittle ? "el" : "")
    case .hppa: is64 ? "hppa64" : "hppa"
    case .loongArch: is64 ? "loongarch64" : "loongarch32"
    default: Self.names[rawValue]
    }
  }

  /// Whether it is a MIPS of 64 bits with addresses of 32: `EF_MIPS_ABI2` in `e_flags`.
  func isN32(in format: ELFFormat, flags: UInt32) -> Bool {
    self == .mips && format.width == .bits32 && flags & 0x20 != 0
  }

  /// Of the machines whose name doesn't depend on the format. Source: `include/elf/common.h` of binutils.
  private static let names: [UInt16: String] = [
    1: "we32k", 2: "sparc", 3: "i386", 4: "m68k", 5: "m88k", 6: "iamcu", 7: "i860", 9: "s370",
    10: "mips", 18: "sparc", 19: "i960", 20: "ppc", 23: "spu", 36: "v800", 37: "fr20",
    38: "rh32", 39: "mcore", 40: "arm", 41: "alpha", 42: "sh", 43: "sparc64", 44: "tricore",
    45: "arc", 46: "h8300", 50: "ia64", 51: "mips-x", 52: "coldfire", 53: "68hc12",
    75: "vax", 76: "cris", 80: "mmix", 83: "avr", 84: "fr30", 85: "d10v", 86: "d30v", 87: "v850",
    88: "m32r", 89: "mn10300", 90: "mn10200", 92: "or1k", 93: "arc", 94: "xtensa",
    105: "msp430", 106: "blackfin", 113: "nios2", 120: "m32c", 138: "lm32", 140: "c6000",
    164: "hexagon", 167: "nds32", 173: "rx", 174: "metag", 180: "l1om", 181: "k1om", 183: "aarch64",
    185: "avr32", 187: "tile64", 188: "tilepro", 189: "microblaze", 190: "cuda", 191: "tilegx",
    195: "arc", 224: "amdgpu", 247: "bpf", 252: "csky", 0x9026: "alpha", 0x9041: "m32r",
    0xbaab: "microblaze",
  ]
}
