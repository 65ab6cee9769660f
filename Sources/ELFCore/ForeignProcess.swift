/// What a BSD's own notes say of the process. Source: each system's `sys/core.h`, `sys/exec_elf.h`, `sys/procfs.h`.
package struct ForeignProcess: Hashable, Sendable {
  package enum System: Hashable, Sendable { case freeBSD, netBSD, openBSD }

  /// Its short name.
  package var name: [UInt8]
  package var commandLine: [UInt8]?
  /// nil where an older system leaves it out.
  package var id: UInt32?
  package var userID: UInt32?
  package var signal: UInt16?

  /// The type of the note that tells of the process.
  package static func kind(_ system: System) -> Note.Kind {
    switch system {
    case .freeBSD: .processInfo
    case .netBSD: Note.Kind(rawValue: 1)
    case .openBSD: Note.Kind(rawValue: 10)
    }
  }

  /// So many bytes of a descriptor are enough.
  package static let readableSize = 256

  /// Reads `struct elfcore_procinfo`, or FreeBSD's `prpsinfo_t`; nil where it is cut.
  package init?(_ descriptor: Span<UInt8>, of system: System, in format: ELFFormat) {
    func word(_ offset: Int) -> UInt32? {
      descriptor.integer(at: offset, size: 4, format.byteOrder).map { UInt32($0) }
    }
    switch system {
    case .freeBSD:
      // A version and a size, then 17 and 81 bytes of text.
      let start = 2 * format.wordSize
      guard let name = descriptor.cString(at: start, limit: 17),
        let commandLine = descriptor.cString(at: start + 17, limit: 81)
      else { return nil }
      self.name = name
      self.commandLine = commandLine
      id = word(start + 100)
    case .netBSD, .openBSD:
      // Four sets of signals come before the ids: of four words each, or of one.
      let ids = system == .netBSD ? 80 : 32
      guard let signal = word(8), let id = word(ids), let userID = word(ids + 16),
        let name = descriptor.cString(at: system == .netBSD ? 124 : 72, limit: 32)
      else { return nil }
      self.name = name
      self.id = id
      self.userID = userID
      self.signal = UInt16(truncatingIfNeeded: signal)
    }
  }

  /// `pr_cursig` of FreeBSD's `prstatus_t`.
  package static func freeBSDSignal(_ descriptor: Span<UInt8>, in format: ELFFormat) -> UInt16? {
    descriptor.integer(at: format.width == .bits64 ? 36 : 20, size: 4, format.byteOrder)
      .map { UInt16(truncatingIfNeeded: $0) }
  }
}
