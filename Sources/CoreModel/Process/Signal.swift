internal import CoreIO
package import ELFCore

/// A signal, by its number: what that means, the core's machine and system decide.
public struct Signal: Hashable, Sendable, CustomStringConvertible {
  /// 0 where there was none.
  public let number: UInt16
  private let numbers: SignalNumbers

  package init(_ number: UInt16, _ numbers: SignalNumbers) {
    self.number = number
    self.numbers = numbers
  }

  /// `SIGSEGV`; nil for a number without a name.
  public var name: String? { numbers[number] }

  /// Its name, or its number.
  public var description: String { name ?? "signal \(number)" }

  /// What happened: the signal, why it came, and where.
  package func meaning(_ info: SignalInfo?, processID: UInt32?) -> String {
    let name = description
    // A note that tells of another signal is no explanation of this one.
    guard let info, info.signal == Int32(number) else { return name }
    switch info.code {
    case 0, -1, -6:
      let sender =
        info.senderID == processID ? "the process itself" : "process \(info.senderID)"
      return "\(name): sent by \(sender) (user \(info.senderUserID))"
    case 0x80:
      return name == "SIGSEGV"
        ? "SIGSEGV: general protection, or no room for a handler; the address is not told"
        : "\(name): sent by the kernel"
    default: break
    }
    let address = "0x" + hexadecimal(info.address)
    guard let words = Self.faults[name]?[info.code] else {
      return info.code > 0 && Self.faults[name] != nil
        ? "\(name): code \(info.code), address \(address)" : name
    }
    let parts = words.split(separator: "@", omittingEmptySubsequences: false)
    return "\(name): " + parts.joined(separator: address)
  }

  /// `si_code` of each signal that a fault raises, from asm-generic/siginfo.h.
  private static let faults: [String: [Int32: String]] = [
    "SIGSEGV": [
      1: "address @ not mapped", 2: "address @ not accessible that way",
      3: "address @ failed a bounds check", 4: "address @ denied by a protection key",
      8: "address @ failed a memory tag check",
      9: "address @ failed a memory tag check", 10: "control protection fault",
    ],
    "SIGBUS": [
      1: "address @ not aligned", 2: "address @ past the end of a mapped file",
      3: "hardware error at address @", 4: "memory error at address @",
      5: "memory error at address @",
    ],
    "SIGFPE": [
      1: "integer divided by zero at @", 2: "integer overflow at @",
      3: "floating-point number divided by zero at @",
      4: "floating-point overflow at @", 5: "floating-point underflow at @",
      6: "inexact floating-point result at @", 7: "invalid floating-point operation at @",
      8: "subscript out of range at @",
    ],
    "SIGILL": [
      1: "illegal instruction at @", 2: "illegal operand of an instruction at @",
      3: "illegal addressing mode at @", 4: "illegal trap at @",
      5: "privileged instruction at @", 6: "privileged register at @",
      7: "coprocessor error at @", 8: "internal stack error at @",
    ],
    "SIGTRAP": [1: "breakpoint at @", 2: "trace trap at @"],
    "SIGSYS": [1: "forbidden system call at @"],
  ]
}
