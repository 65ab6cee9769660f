/// A note for `CoreBuilder`, with recipes for those that the kernel writes.
public struct BuilderNote: Hashable, Sendable {
  public var owner: String
  public var type: UInt32
  public var descriptor: [UInt8]

  public init(_ owner: String, _ type: UInt32, _ descriptor: [UInt8]) {
    self.owner = owner
    self.type = type
    self.descriptor = descriptor
  }

  /// NT_PRSTATUS with `registers` longs of the given values (the rest are 0).
  public static func thread(
    _ id: Int32, signal: UInt16 = 11, registers: [UInt64] = [], of machine: BuilderMachine
  ) -> BuilderNote {
    var writer = FieldWriter(machine.format)
    writer.word(UInt32(signal))  // si_signo
    writer.word(0)  // si_code
    writer.word(0)  // si_errno
    writer.half(signal)  // pr_cursig
    if !machine.alignsLongsTo2 { writer.half(0) }
    writer.native(0)  // pr_sigpend
    writer.native(0)  // pr_sighold
    writer.word(UInt32(bitPattern: id))  // pr_pid
    writer.word(1)  // pr_ppid
    writer.word(UInt32(bitPattern: id))  // pr_pgrp
    writer.word(UInt32(bitPattern: id))  // pr_sid
    for _ in 0..<8 { writer.native(0) }  // pr_utime, pr_stime, pr_cutime, pr_cstime
    for index in 0..<machine.registerCount {
      let value = index < registers.count ? registers[index] : 0
      if machine.hasWideRegisters { writer.quad(value) } else { writer.native(value) }
    }
    writer.word(0)  // pr_fpvalid
    if !machine.alignsLongsTo2 {
      writer.pad(to: machine.hasWideRegisters ? 8 : machine.format.nativeSize)
    }
    return BuilderNote("CORE", ReferenceNote.prstatus, writer.bytes)
  }

  /// NT_PRPSINFO: the process's name and command line.
  public static func process(
    _ id: Int32, name: String, arguments: String, user: UInt32 = 0, of machine: BuilderMachine
  ) -> BuilderNote {
    var writer = FieldWriter(machine.format)
    writer.raw([0, UInt8(ascii: "R"), 0, 0])  // pr_state, pr_sname, pr_zomb, pr_nice
    writer.pad(to: machine.format.nativeSize)
    writer.native(0)  // pr_flag
    if machine.hasShortUserIDs {
      writer.half(UInt16(truncatingIfNeeded: user))  // pr_uid
      writer.half(0)  // pr_gid
    } else {
      writer.word(user)
      writer.word(0)
    }
    for number in [id, 1, id, id] { writer.word(UInt32(bitPattern: number)) }  // pid ppid pgrp sid
    writer.text(name, size: 16)
    writer.text(arguments, size: 80)
    return BuilderNote("CORE", ReferenceNote.prpsinfo, writer.bytes)
  }

  /// NT_FILE, its page size 4096.
  public static func files(_ mappings: [ReferenceMapping], _ format: ReferenceFormat) -> BuilderNote
  {
    var writer = FieldWriter(format)
    writer.native(UInt64(mappings.count))
    writer.native(4096)
    for mapping in mappings {
      writer.native(mapping.range.lowerBound)
      writer.native(mapping.range.upperBound)
      writer.native(mapping.fileOffset / 4096)
    }
    for mapping in mappings { writer.raw(Array(mapping.path.utf8) + [0]) }
    return BuilderNote("CORE", ReferenceNote.file, writer.bytes)
  }

  /// NT_AUXV: pairs of longs, ended by AT_NULL.
  public static func auxiliaryVector(_ pairs: [(UInt64, UInt64)], _ format: ReferenceFormat)
    -> BuilderNote
  {
    var writer = FieldWriter(format)
    for (key, value) in pairs + [(0, 0)] {
      writer.native(key)
      writer.native(value)
    }
    return BuilderNote("CORE", ReferenceNote.auxv, writer.bytes)
  }
}
