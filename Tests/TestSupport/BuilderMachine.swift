/// A machine that `CoreBuilder` can pretend to be.
public struct BuilderMachine: Hashable, Sendable, CustomStringConvertible {
  public var name: String
  /// `e_machine`.
  public var number: UInt16
  public var format: ReferenceFormat
  /// Longs in the `pr_reg` of its `struct elf_prstatus`.
  public var registerCount: Int
  /// Index in `pr_reg` of the program counter and of the stack pointer.
  public var programCounter: Int
  public var stackPointer: Int
  /// True where `pr_uid` and `pr_gid` have two bytes.
  public var hasShortUserIDs = false
  /// True where a `long` may stand at any even address.
  public var alignsLongsTo2 = false
  /// True where a register has 8 bytes whatever the class.
  public var hasWideRegisters = false
  /// `e_flags`.
  public var flags: UInt32 = 0

  public static let x86_64 = BuilderMachine(
    name: "x86-64", number: 62, format: .elf64Little, registerCount: 27, programCounter: 16,
    stackPointer: 19)
  public static let aarch64 = BuilderMachine(
    name: "aarch64", number: 183, format: .elf64Little, registerCount: 34, programCounter: 32,
    stackPointer: 31)
  public static let s390x = BuilderMachine(
    name: "s390x", number: 22, format: .elf64Big, registerCount: 27, programCounter: 1,
    stackPointer: 17)
  public static let ppc64 = BuilderMachine(
    name: "ppc64", number: 21, format: .elf64Big, registerCount: 48, programCounter: 32,
    stackPointer: 1)
  public static let i386 = BuilderMachine(
    name: "i386", number: 3, format: .elf32Little, registerCount: 17, programCounter: 12,
    stackPointer: 15, hasShortUserIDs: true)
  public static let arm = BuilderMachine(
    name: "arm", number: 40, format: .elf32Little, registerCount: 18, programCounter: 15,
    stackPointer: 13, hasShortUserIDs: true)
  public static let ppc = BuilderMachine(
    name: "ppc", number: 20, format: .elf32Big, registerCount: 48, programCounter: 32,
    stackPointer: 1)
  public static let mips = BuilderMachine(
    name: "mips", number: 8, format: .elf32Big, registerCount: 45, programCounter: 40,
    stackPointer: 35)

  /// Both classes in both byte orders.
  public static let all = [x86_64, aarch64, s390x, ppc64, i386, arm, ppc, mips]

  public static let m68k: BuilderMachine = {
    var machine = BuilderMachine(
      name: "m68k", number: 4, format: .elf32Big, registerCount: 20, programCounter: 18,
      stackPointer: 15, hasShortUserIDs: true)
    machine.alignsLongsTo2 = true
    return machine
  }()
  public static let mipsN32: BuilderMachine = {
    var machine = BuilderMachine(
      name: "mipsn32", number: 8, format: .elf32Big, registerCount: 45, programCounter: 34,
      stackPointer: 29)
    machine.hasWideRegisters = true
    machine.flags = 0x20  // EF_MIPS_ABI2
    return machine
  }()
  public static let x32: BuilderMachine = {
    var machine = x86_64
    machine.name = "x32"
    machine.format = .elf32Little
    machine.hasWideRegisters = true
    return machine
  }()
  /// s390x with 31 bits. Its registers are aligned to 8 bytes, and so is the whole, which leaves a word.
  public static let s390 = BuilderMachine(
    name: "s390", number: 22, format: .elf32Big, registerCount: 37, programCounter: 1,
    stackPointer: 17, hasShortUserIDs: true)

  /// Those whose `struct elf_prstatus` is laid out in a way of its own.
  public static let peculiar = [m68k, mipsN32]

  public var description: String { name }
}
