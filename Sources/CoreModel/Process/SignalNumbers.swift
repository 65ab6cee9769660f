package import ELFCore

/// Which number means which signal: Linux has four ways to number them, by machine, and BSDs have one for all.
package enum SignalNumbers: Hashable, Sendable {
  /// x86, arm, riscv, ppc, s390 and all machines that have none of the others.
  case generic
  /// alpha and sparc, as their own systems had them.
  case old
  case mips, hppa
  case bsd

  package init(_ machine: Machine, _ writer: CoreWriter) {
    self =
      switch (writer, machine) {
      case (.freeBSD, _), (.netBSD, _), (.openBSD, _): .bsd
      case (_, .alpha), (_, .sparc), (_, .sparc32Plus), (_, .sparc64): .old
      case (_, .mips): .mips
      case (_, .hppa): .hppa
      default: .generic
      }
  }

  package subscript(_ number: UInt16) -> String? {
    let index = Int(number)
    guard index > 0 else { return nil }
    let names = Self.names(self)
    return index <= names.count ? "SIG" + names[index - 1] : nil
  }

  /// From 1 on. Source: each machine's `uapi/asm/signal.h`, and OpenBSD's `sys/signal.h`.
  private static func names(_ numbers: SignalNumbers) -> [String] {
    switch numbers {
    case .generic: genericNames
    case .old: oldNames
    case .mips: mipsNames
    case .hppa: hppaNames
    case .bsd: bsdNames
    }
  }

  private static let genericNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
  ]
  private static let oldNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE",
    "ALRM", "TERM", "URG", "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "PWR", "USR1", "USR2",
  ]
  private static let mipsNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE",
    "ALRM", "TERM", "USR1", "USR2", "CHLD", "PWR", "WINCH", "URG", "IO", "STOP", "TSTP", "CONT",
    "TTIN", "TTOU", "VTALRM", "PROF", "XCPU", "XFSZ",
  ]
  private static let hppaNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "STKFLT", "FPE", "KILL", "BUS", "SEGV", "XCPU",
    "PIPE", "ALRM", "TERM", "USR1", "USR2", "CHLD", "PWR", "VTALRM", "PROF", "IO", "WINCH", "STOP",
    "TSTP", "CONT", "TTIN", "TTOU", "URG", "XFSZ", "SYS",
  ]
  private static let bsdNames = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE",
    "ALRM", "TERM", "URG", "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "INFO", "USR1", "USR2",
  ]
}
