/// `struct elf_prpsinfo`: the process, by NT_PRPSINFO.
package struct ProcessInfo: Hashable, Sendable {
  package var id: UInt32
  package var userID: UInt32
  package var groupID: UInt32
  /// `pr_fname`: the program's name, cut at 15 bytes.
  package var name: [UInt8]
  /// `pr_psargs`: the command line, cut at 79 bytes.
  package var commandLine: [UInt8]

  /// Reads a descriptor; nil where its size is none that Linux writes.
  package init?(_ descriptor: Span<UInt8>, in format: ELFFormat) {
    // `pr_uid` has 2 bytes on i386, arm and other old 32-bit machines (124 bytes in all), 4 elsewhere.
    let layout: (uid: Int, uidSize: Int, pid: Int, name: Int)
    switch (format.width, descriptor.count) {
    case (.bits64, 136): layout = (16, 4, 24, 40)
    case (.bits32, 124): layout = (8, 2, 12, 28)
    case (.bits32, 128): layout = (8, 4, 16, 32)
    default: return nil
    }
    guard let uid = descriptor.integer(at: layout.uid, size: layout.uidSize, format.byteOrder),
      let gid = descriptor.integer(
        at: layout.uid + layout.uidSize, size: layout.uidSize, format.byteOrder),
      let id = descriptor.integer(at: layout.pid, size: 4, format.byteOrder),
      let name = descriptor.cString(at: layout.name, limit: 16),
      var commandLine = descriptor.cString(at: layout.name + 16, limit: 80)
    else { return nil }
    // The kernel turns the NUL after the last argument into a space.
    while commandLine.last == 0x20 { commandLine.removeLast() }
    self.id = UInt32(id)
    userID = UInt32(uid)
    groupID = UInt32(gid)
    self.name = name
    self.commandLine = commandLine
  }
}
