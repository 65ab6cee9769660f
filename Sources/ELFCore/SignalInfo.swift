/// NT_SIGINFO: `siginfo_t` of the signal that ended the process.
package struct SignalInfo: Hashable, Sendable {
  /// `si_signo`
  package var signal: Int32
  /// `si_code`: why it was sent.
  package var code: Int32
  /// The first word of the part that depends on the signal: `si_addr` of a fault.
  package var address: UInt64
  /// `si_pid` and `si_uid` of a signal that a process sent.
  package var senderID: UInt32
  package var senderUserID: UInt32

  /// Reads a descriptor; nil where it is cut.
  package init?(_ descriptor: Span<UInt8>, machine: Machine, in format: ELFFormat) {
    func word(_ offset: Int) -> UInt64? {
      descriptor.integer(at: offset, size: 4, format.byteOrder)
    }
    // Three ints, then, aligned for a pointer, the union. MIPS has code and errno the other way round.
    let union = format.width == .bits64 ? 16 : 12
    guard let signal = word(0), let code = word(machine == .mips ? 4 : 8),
      let address = descriptor.integer(at: union, size: format.wordSize, format.byteOrder),
      let senderID = word(union), let senderUserID = word(union + 4)
    else { return nil }
    self.signal = Int32(truncatingIfNeeded: signal)
    self.code = Int32(truncatingIfNeeded: code)
    self.address = address
    self.senderID = UInt32(senderID)
    self.senderUserID = UInt32(senderUserID)
  }
}
