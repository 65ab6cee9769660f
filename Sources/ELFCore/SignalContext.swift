/// The registers that the kernel keeps on the stack of a thread that handles a signal. The program counter among them is
/// wherever the thread was interrupted, and the others may hold addresses of code as well: none is a return address.
///
/// Source: each machine's `struct sigcontext` (`asm/sigcontext.h`).
package struct SignalContext: Sendable {
  /// Where the stack pointer that the thread had stands among them, in words, and the frame pointer.
  private let stackPointer: Int
  private let framePointer: Int
  private let machine: Machine
  private let format: ELFFormat
  /// How many words it has, from the first register to the last that tells what it is.
  package let words: Int

  /// nil for a machine whose contexts we can't tell from other words.
  package init?(_ machine: Machine, in format: ELFFormat) {
    switch (machine, format.width) {
    case (.x86_64, .bits64): (words, stackPointer, framePointer) = (19, 15, 10)
    case (.i386, .bits32): (words, stackPointer, framePointer) = (19, 7, 6)
    case (.aarch64, .bits64): (words, stackPointer, framePointer) = (36, 31, 29)
    default: return nil
    }
    self.machine = machine
    self.format = format
  }

  /// Whether such registers begin at `offset`.
  package func begins(at offset: Int, in bytes: Span<UInt8>) -> Bool {
    guard offset <= bytes.count - words * format.wordSize else { return false }
    func word(_ index: Int) -> UInt64 {
      let size = format.wordSize
      return bytes.integer(at: offset + index * size, size: size, format.byteOrder) ?? 0
    }
    switch machine {
    case .x86_64:
      // r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags, and cs, gs, fs, ss in one
      let segments = word(18)
      return segments & 0xffff == 0x33 && [0, 0x2b].contains(segments >> 48) && areFlags(word(17))
    case .i386:
      // gs to ds, edi to eax, trapno, err, eip, cs, eflags, esp again, ss; under a 32-bit kernel 73 and 7b
      return [0x23, 0x73].contains(word(15) & 0xffff) && [0x2b, 0x7b].contains(word(18) & 0xffff)
        && word(7) == word(17) && areFlags(word(16))
    default:
      // x0 to x30, sp, pc, pstate of EL0 in 64 bits; then what always comes first of the rest: FPSIMD_MAGIC and its size
      let start = offset + 35 * format.wordSize
      return word(33) & 0xffff_ffff_0000_001f == 0
        && bytes.integer(at: start, size: 4, format.byteOrder) == 0x4650_8001
        && bytes.integer(at: start + 4, size: 4, format.byteOrder) == 0x210
    }
  }

  /// The stack pointer and the frame pointer that the thread had, of the registers that begin at `offset`.
  package func pointers(at offset: Int, in bytes: Span<UInt8>) -> (stack: UInt64, frame: UInt64)? {
    let size = format.wordSize
    func word(_ index: Int) -> UInt64? {
      bytes.integer(at: offset + index * size, size: size, format.byteOrder)
    }
    guard let stack = word(stackPointer), let frame = word(framePointer) else { return nil }
    return (stack, frame)
  }

  /// Flags of an x86 as a process has them: interrupts are on, bit 1 is always set, and bits 3, 5 and 15 never.
  private func areFlags(_ word: UInt64) -> Bool { word & ~0x3f_7fd7 == 0 && word & 0x202 == 0x202 }
}
