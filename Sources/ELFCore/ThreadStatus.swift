/// `struct elf_prstatus`: one thread as it was when the core was written.
package struct ThreadStatus: Hashable, Sendable {
  package var id: UInt32
  /// `pr_cursig`: the signal that ended the process, in the note of every thread of a core by the kernel.
  package var signal: UInt16
  /// nil on a machine whose registers we don't know.
  package var programCounter: UInt64?
  package var stackPointer: UInt64?
  /// Whether the thread was inside a system call; false where nothing tells.
  package var isInSystemCall = false
  /// Where the thread's control block lies (`fs_base`), which begins with its own address; nil where no register tells.
  package var controlBlock: UInt64?
  /// Where the frame pointer (`rbp`) leads, if the code has one; nil where no register tells.
  package var framePointer: UInt64?

  /// Reads a descriptor of NT_PRSTATUS; nil where it is too short to hold a thread id.
  ///
  /// - Parameter flags: `e_flags`, which tell the ABI of a MIPS.
  package init?(
    _ descriptor: Span<UInt8>, machine: Machine, flags: UInt32 = 0, in format: ELFFormat
  ) {
    let layout = Layout(machine, format)
    guard let id = descriptor.integer(at: layout.id, size: 4, format.byteOrder),
      let signal = descriptor.integer(at: Layout.signal, size: 2, format.byteOrder)
    else { return nil }
    self.id = UInt32(id)
    self.signal = UInt16(signal)
    guard let registers = RegisterLayout(machine, flags: flags, in: format) else { return }
    func register(_ index: Int) -> UInt64? {
      descriptor.integer(
        at: layout.registers + index * registers.size, size: registers.size, format.byteOrder)
    }
    programCounter = register(registers.programCounter)
    stackPointer = register(registers.stackPointer)
    if let index = registers.systemCall, let number = register(index) {
      isInSystemCall = number >> UInt64(8 * registers.size - 1) == 0
    }
    if machine == .x86_64 {
      controlBlock = register(21).flatMap { $0 > 0 ? $0 : nil }
      framePointer = register(4)
    }
    // The top bit of an s390 (31-bit) address is a mode, not a place.
    if machine == .s390, format.width == .bits32 {
      programCounter = programCounter.map { $0 & 0x7fff_ffff }
    }
  }

  /// A descriptor of NT_PRSTATUS that tells no more than where a thread stands; nil for a machine whose layout we don't know.
  ///
  /// - Parameter size: how long the kernel makes it; nil where that is not known from another thread's.
  package static func descriptor(
    id: UInt32, programCounter: UInt64, stackPointer: UInt64, size: Int?, machine: Machine,
    flags: UInt32 = 0, in format: ELFFormat
  ) -> [UInt8]? {
    guard let registers = RegisterLayout(machine, flags: flags, in: format),
      let size = size ?? Layout.size(machine, format), size <= 4096
    else { return nil }
    let layout = Layout(machine, format)
    var bytes = [UInt8](repeating: 0, count: size)
    func store(_ value: UInt64, _ index: Int) {
      bytes.store(
        value, at: layout.registers + index * registers.size, size: registers.size, format.byteOrder
      )
    }
    bytes.store(UInt64(id), at: layout.id, size: 4, format.byteOrder)
    store(programCounter, registers.programCounter)
    store(stackPointer, registers.stackPointer)
    // Nothing tells of a system call, and 0 would be one.
    if let index = registers.systemCall { store(.max, index) }
    return bytes
  }

  /// How many bytes from the start of a descriptor are enough to read a thread on any machine.
  /// No machine's NT_PRSTATUS is shorter, with its header: a head of 72 bytes and a dozen registers.
  package static let leastNoteSize: UInt64 = 128
  package static let readableSize = 1024

  /// `elf_siginfo` (12 bytes), `pr_cursig`, two masks of a `long` each, four ids, four times of two `long`s.
  private struct Layout {
    static let signal = 12
    let id: Int
    let registers: Int

    init(_ machine: Machine, _ format: ELFFormat) {
      // m68k aligns a long to 2 bytes, all others to its size. The registers follow without a gap, also the wide ones of
      // MIPS n32 and x32.
      id = machine == .m68k ? 22 : format.width == .bits64 ? 32 : 24
      registers = id + 16 + 8 * format.wordSize
    }

    /// How long the kernel makes a descriptor, where it is Linux on one of the usual machines.
    static func size(_ machine: Machine, _ format: ELFFormat) -> Int? {
      switch (machine, format.width) {
      case (.x86_64, .bits64): 336
      case (.i386, .bits32): 144
      case (.aarch64, .bits64): 392
      default: nil
      }
    }
  }
}
