/// The names of the signals that end processes with a core. Numbers as on x86, arm, riscv, ppc and s390.
enum Signal {
  private static let names: [UInt16: String] = [
    3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    11: "SIGSEGV", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
  ]

  static func name(_ number: UInt16) -> String { names[number] ?? "signal \(number)" }
}
