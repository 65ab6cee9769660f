/// `e_machine`: an open set, of which we know the registers of some.
public struct Machine: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let i386 = Machine(rawValue: 3)
  public static let mips = Machine(rawValue: 8)
  public static let ppc = Machine(rawValue: 20)
  public static let ppc64 = Machine(rawValue: 21)
  public static let s390 = Machine(rawValue: 22)
  public static let arm = Machine(rawValue: 40)
  public static let x86_64 = Machine(rawValue: 62)
  public static let aarch64 = Machine(rawValue: 183)
  public static let riscv = Machine(rawValue: 243)
  public static let loongArch = Machine(rawValue: 258)

  /// What people call a core of this machine and format, or nil for one that we don't know.
  public func name(in format: ELFFormat) -> String? {
    let is64 = format.width == .bits64
    let isLittle = format.byteOrder == .little
    return switch self {
    case .i386: "i386"
    case .x86_64: is64 ? "x86-64" : "x32"
    case .arm: "arm"
    case .aarch64: "aarch64"
    case .riscv: is64 ? "riscv64" : "riscv32"
    case .ppc: "ppc"
    case .ppc64: isLittle ? "ppc64le" : "ppc64"
    case .s390: is64 ? "s390x" : "s390"
    case .mips: (is64 ? "mips64" : "mips") + (isLittle ? "el" : "")
    case .loongArch: is64 ? "loongarch64" : "loongarch32"
    default: nil
    }
  }
}
