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

  public var description: String { name }
}
