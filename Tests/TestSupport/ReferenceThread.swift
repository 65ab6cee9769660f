/// A thread, as its NT_PRSTATUS tells.
public struct ReferenceThread: Hashable, Sendable {
  /// `pr_pid`: the number that gdb shows as LWP.
  public var id: Int32
  /// `pr_cursig`: the signal it is said to have died of.
  public var signal: Int16
  /// The whole descriptor, registers included.
  public var descriptor: [UInt8]

  /// Reads the head of a `struct elf_prstatus`, which is the same on every machine but for its
  /// longs.
  init(_ note: ReferenceNote, _ format: ReferenceFormat) throws {
    var reader = FieldReader(note.descriptor, format, what: "NT_PRSTATUS at \(note.offset)")
    for _ in 0..<3 { _ = try reader.word() }  // pr_info: si_signo, si_code, si_errno
    signal = Int16(bitPattern: try reader.half())
    _ = try reader.half()  // the gap before a long
    _ = try reader.native()  // pr_sigpend
    _ = try reader.native()  // pr_sighold
    id = Int32(bitPattern: try reader.word())
    for _ in 0..<3 { _ = try reader.word() }  // pr_ppid, pr_pgrp, pr_sid
    for _ in 0..<8 { _ = try reader.native() }  // four times of a seconds and a microseconds field
    guard reader.remaining > 0 else {
      throw ReferenceError("NT_PRSTATUS at \(note.offset) has no registers")
    }
    descriptor = note.descriptor
  }
}
