/// Where `pr_reg` of a machine holds the program counter and the stack pointer.
///
/// Source: each machine's `elf_gregset_t` (`asm/elf.h`, `asm/ptrace.h`, `sys/user.h`).
package struct RegisterLayout: Hashable, Sendable {
  /// The size of a register in bytes.
  package let size: Int
  package let programCounter: Int
  package let stackPointer: Int
  /// Where the number of the system call stands that the thread is in, -1 for none; nil where no register tells.
  package let systemCall: Int?

  private init(size: Int, programCounter: Int, stackPointer: Int, systemCall: Int? = nil) {
    self.size = size
    self.programCounter = programCounter
    self.stackPointer = stackPointer
    self.systemCall = systemCall
  }

  /// The layout, or nil for a machine that we don't know.
  ///
  /// - Parameter flags: `e_flags`, which tell the ABI of a MIPS.
  package init?(_ machine: Machine, flags: UInt32 = 0, in format: ELFFormat) {
    let word = format.wordSize
    switch (machine, format.width) {
    case (.x86_64, _):  // `rip`, `rsp`, `orig_rax`; x32 keeps 64-bit registers
      self.init(size: 8, programCounter: 16, stackPointer: 19, systemCall: 15)
    case (.i386, .bits32):  // `eip`, `esp`, `orig_eax`
      self.init(size: 4, programCounter: 12, stackPointer: 15, systemCall: 11)
    case (.arm, .bits32):  // `r15`, `r13`
      self.init(size: 4, programCounter: 15, stackPointer: 13)
    case (.aarch64, .bits64):  // after x0 to x30: `sp`, `pc`
      self.init(size: 8, programCounter: 32, stackPointer: 31)
    case (.riscv, _):  // `pc` stands in x0's place
      self.init(size: word, programCounter: 0, stackPointer: 2)
    case (.ppc, .bits32), (.ppc64, .bits64):  // `nip` after 32 GPRs; the stack is r1
      self.init(size: word, programCounter: 32, stackPointer: 1)
    case (.s390, _):  // the PSW's mask and address, then the GPRs; the stack is r15
      self.init(size: word, programCounter: 1, stackPointer: 17)
    case (.m68k, .bits32):  // d1 to d7, a0 to a6, d0, `usp`, `orig_d0`, `sr`, `pc`
      self.init(size: 4, programCounter: 18, stackPointer: 15, systemCall: 16)
    case (.mips, .bits32) where machine.isN32(in: format, flags: flags):  // as in 64 bits
      self.init(size: 8, programCounter: 34, stackPointer: 29)
    case (.mips, .bits32):  // six empty slots come before r0
      self.init(size: 4, programCounter: 40, stackPointer: 35)
    case (.mips, .bits64):
      self.init(size: 8, programCounter: 34, stackPointer: 29)
    case (.loongArch, _):  // 32 GPRs, orig_a0, `csr_era`; the stack is r3
      self.init(size: word, programCounter: 33, stackPointer: 3)
    default: return nil
    }
  }
}
