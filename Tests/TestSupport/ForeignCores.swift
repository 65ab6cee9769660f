/// Cores as systems and programs other than Linux' kernel write them, with all the notes that they write.
public struct ForeignCore: Sendable, CustomStringConvertible {
  public var name: String
  public var builder: CoreBuilder
  /// How many threads its notes hold.
  public var threads: Int
  /// Whether they are in notes that no debugger of Linux reads.
  public var isForeign = true

  public var description: String { name }

  /// Each has two threads, or processors.
  public static let all: [ForeignCore] = [
    openBSD, netBSD, freeBSD, hubris, solaris, kernelDump, valgrind, qemuUser, esp,
  ]

  private static func core(
    _ name: String, _ machine: BuilderMachine, isForeign: Bool = true, _ notes: [BuilderNote]
  ) -> ForeignCore {
    var builder = CoreBuilder.typical(machine, threads: 0)
    builder.notes = notes
    return ForeignCore(name: name, builder: builder, threads: 2, isForeign: isForeign)
  }

  /// `struct elfcore_procinfo`, with so many words in each of four sets of signals.
  private static func processInfo(_ machine: BuilderMachine, setWords: Int, tail: Int) -> [UInt8] {
    var writer = FieldWriter(machine.format)
    for value in [1, 0, 10, 0] as [UInt32] { writer.word(value) }  // version, size, signal, code
    for _ in 0..<4 * setWords { writer.word(0) }
    for value in [321, 1, 321, 321] as [UInt32] { writer.word(value) }  // pid, ppid, pgrp, sid
    for _ in 0..<6 { writer.word(1000) }  // ruid, euid, svuid, rgid, egid, svgid
    if tail > 0 { writer.word(2) }  // lwps
    writer.text("bakery", size: 32)
    if tail > 0 { writer.word(1) }  // the one with the signal
    return writer.bytes
  }

  public static let openBSD = core(
    "OpenBSD", .ppc64,
    [
      BuilderNote("OpenBSD", 10, processInfo(.ppc64, setWords: 1, tail: 0)),
      BuilderNote("OpenBSD", 11, [UInt8](repeating: 1, count: 176)),
      BuilderNote("OpenBSD@229157", 20, [UInt8](repeating: 2, count: 288)),
      BuilderNote("OpenBSD@229157", 21, [UInt8](repeating: 3, count: 272)),
      BuilderNote("OpenBSD@229158", 20, [UInt8](repeating: 4, count: 288)),
    ])

  public static let netBSD = core(
    "NetBSD", .x86_64,
    [
      BuilderNote("NetBSD-CORE", 1, processInfo(.x86_64, setWords: 4, tail: 1)),
      BuilderNote("NetBSD-CORE@1", 33, [UInt8](repeating: 2, count: 208)),
      BuilderNote("NetBSD-CORE@1", 35, [UInt8](repeating: 3, count: 512)),
      BuilderNote("NetBSD-CORE@2", 33, [UInt8](repeating: 4, count: 208)),
    ])

  public static let freeBSD: ForeignCore = {
    var process = FieldWriter(.elf64Little)
    for value in [1, 120] as [UInt64] { process.native(value) }  // version, size
    process.text("bakery", size: 17)
    process.text("bakery -x", size: 81)
    process.half(0)
    process.word(321)
    var status = FieldWriter(.elf64Little)
    for value in [1, 0, 0, 0] as [UInt64] { status.native(value) }  // version, three sizes
    for value in [1_400_000, 10, 100_123, 0] as [UInt32] { status.word(value) }  // date, signal, tid
    status.fill(to: 232)
    return core(
      "FreeBSD", .x86_64,
      [
        BuilderNote("FreeBSD", 3, process.bytes), BuilderNote("FreeBSD", 1, status.bytes),
        BuilderNote("FreeBSD", 1, status.bytes),
      ])
  }()

  public static let hubris = core(
    "Hubris", .arm,
    [
      BuilderNote("Oxide Computer Company", 0x1de0_0001, [UInt8](repeating: 1, count: 900)),
      BuilderNote("Oxide Computer Company", 0x1de0_0003, [0, 0, 0, 0]),
      BuilderNote("Oxide Computer Company", 0x1de0_0003, [1, 0, 0, 0]),
    ])

  public static let solaris = core(
    "Solaris", .ppc,
    [
      BuilderNote("CORE", 13, [UInt8](repeating: 1, count: 336)),
      BuilderNote("CORE", 10, [UInt8](repeating: 2, count: 1232)),
      BuilderNote("CORE", 6, [UInt8](repeating: 0, count: 152)),
      BuilderNote("CORE", 16, [UInt8](repeating: 3, count: 896)),
      BuilderNote("CORE", 16, [UInt8](repeating: 4, count: 896)),
    ])

  public static let kernelDump = core(
    "kdump", .x86_64, isForeign: false,
    [
      .thread(3519, signal: 0, of: .x86_64), .thread(0, signal: 0, of: .x86_64),
      BuilderNote("VMCOREINFO", 0, Array("OSRELEASE=6.18\nPAGESIZE=4096\n".utf8)),
    ])

  /// Its PRPSINFO has no ids at all, and there is neither NT_AUXV nor NT_FILE.
  public static let valgrind = core(
    "valgrind", .x86_64, isForeign: false,
    [
      .process(0, name: "bakery", arguments: "", of: .x86_64), .thread(700, of: .x86_64),
      BuilderNote("CORE", 2, [UInt8](repeating: 1, count: 512)), .thread(701, of: .x86_64),
      BuilderNote("CORE", 2, [UInt8](repeating: 1, count: 512)),
    ])

  /// As the kernel's, without NT_SIGINFO and NT_FILE.
  public static let qemuUser = core(
    "QEMU's user mode", .x86_64, isForeign: false,
    [
      .thread(321, of: .x86_64), .process(321, name: "bakery", arguments: "bakery", of: .x86_64),
      .auxiliaryVector([(6, 4096), (3, 0x40_0040)], .elf64Little), .thread(322, of: .x86_64),
    ])

  /// The size of the owner counts its padding, and the ids are the tasks' handles.
  public static let esp = core(
    "esp-coredump", .arm, isForeign: false,
    [
      BuilderNote("CORE\0\0\0", 1, BuilderNote.thread(0x3fc9_0000, of: .arm).descriptor),
      BuilderNote("CORE\0\0\0", 1, BuilderNote.thread(0x3fc9_8000, of: .arm).descriptor),
    ])
}
