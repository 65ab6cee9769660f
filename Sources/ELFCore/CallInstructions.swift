/// The instructions of a machine that call: one of them stands before every address that a call returns to.
///
/// Source: each architecture's manual; the encodings that compilers use for calls that save a return address.
package struct CallInstructions: Sendable {
  private let machine: Machine
  private let format: ELFFormat

  /// nil for a machine whose calls we don't know.
  package init?(_ machine: Machine, in format: ELFFormat) {
    let known: [Machine] = [.x86_64, .i386, .aarch64, .arm, .ppc64, .riscv, .s390]
    guard known.contains(machine) else { return nil }
    self.machine = machine
    self.format = format
  }

  /// So many bytes before an address tell.
  package static let reach = 8

  /// Whether a call may end where these bytes do, just before `address`. A call of a fixed place must lead into `image`.
  package func mayEnd(
    _ bytes: Span<UInt8>, before address: UInt64, of image: Range<UInt64>
  ) -> Bool {
    switch machine {
    case .x86_64, .i386: isX86(bytes, address, image)
    case .arm where address & 1 == 1: isThumb(bytes)
    case .arm: word(bytes).map(Self.isARM) ?? false
    case .aarch64: littleWord(bytes).map { Self.isAArch64($0, address, image) } ?? false
    case .ppc64: word(bytes).map(Self.isPowerPC) ?? false
    case .riscv: isRISCV(bytes)
    case .s390: isS390(bytes)
    default: false
    }
  }

  /// Whether a function of the image may begin at `address`, so that a pointer to it is no return address: compilers
  /// align functions, and where they don't, what stands before one goes nowhere: a return, a jump, a trap, or padding.
  package func mayFunctionBegin(
    after bytes: Span<UInt8>, at address: UInt64, of image: Range<UInt64>
  ) -> Bool {
    if address % 16 == 0 { return true }
    switch machine {
    case .x86_64, .i386:
      // ret, nop, int3, hlt; ud2; jmp rel8, jmp rel32
      guard let last = word(bytes, size: 1) else { return false }
      return [0xc3, 0x90, 0xcc, 0xf4].contains(last) || word(bytes, size: 2) == 0x0b0f
        || word(bytes, size: 1, before: 1) == 0xeb || leads(bytes, by: 0xe9, address, into: image)
    case .aarch64:
      // ret, nop, b, and no instruction
      guard let last = littleWord(bytes) else { return false }
      return [0xd65f_03c0, 0xd503_201f, 0].contains(last) || last & 0xfc00_0000 == 0x1400_0000
    case .arm:
      // bx lr, nop in two forms, b, pop {…, pc}; of Thumb bx lr and nop
      guard let last = word(bytes) else { return false }
      return [0xe12f_ff1e, 0xe320_f000, 0xe1a0_0000, 0].contains(last)
        || last & 0xff00_0000 == 0xea00_0000 || last & 0xffff_8000 == 0xe8bd_8000
        || [0x4770, 0xbf00].contains(last >> 16)
    case .ppc64:
      // blr, nop, b, and no instruction
      guard let last = word(bytes) else { return false }
      return [0x4e80_0020, 0x6000_0000, 0].contains(last) || last & 0xfc00_0003 == 0x4800_0000
    case .riscv:
      // c.jr ra, c.nop, ret, nop
      guard let last = littleWord(bytes) else { return false }
      return [0x8082, 0x0001].contains(last >> 16) || [0x8067, 0x13].contains(last)
    case .s390:
      // br %r14, nopr
      guard let last = word(bytes, size: 2) else { return false }
      return [0x07fe, 0x0700, 0x0707].contains(last)
    default: return false
    }
  }

  /// Whether an instruction that enters the kernel ends where these bytes do.
  package func maySystemCallEnd(_ bytes: Span<UInt8>) -> Bool {
    func ends(_ wanted: [UInt8]) -> Bool {
      bytes.count >= wanted.count
        && bytes.array(bytes.count - wanted.count..<bytes.count) == wanted
    }
    return switch machine {
    // syscall, int $0x80, sysenter
    case .x86_64, .i386: ends([0x0f, 0x05]) || ends([0xcd, 0x80]) || ends([0x0f, 0x34])
    case .aarch64: ends([0x01, 0x00, 0x00, 0xd4])
    case .riscv: ends([0x73, 0x00, 0x00, 0x00])
    case .ppc64: word(bytes) == 0x4400_0002
    case .arm: word(bytes) == 0xef00_0000 || ends([0x00, 0xdf])
    case .s390: bytes.count >= 2 && bytes[bytes.count - 2] == 0x0a
    default: false
    }
  }

  /// The last four bytes, or two, as a number of the core's byte order.
  private func word(_ bytes: Span<UInt8>, size: Int = 4, before end: Int = 0) -> UInt64? {
    bytes.integer(at: bytes.count - end - size, size: size, format.byteOrder)
  }

  /// AArch64's code is little-endian whatever its data are.
  private func littleWord(_ bytes: Span<UInt8>) -> UInt64? {
    bytes.integer(at: bytes.count - 4, size: 4, .little)
  }

  /// `call rel32` (e8), and `call` of a register or of memory (ff /2) in each of its lengths.
  private func isX86(_ bytes: Span<UInt8>, _ address: UInt64, _ image: Range<UInt64>) -> Bool {
    let end = bytes.count
    if leads(bytes, by: 0xe8, address, into: image) { return true }
    for length in 2...7 where length <= end && bytes[end - length] == 0xff {
      let mode = bytes[end - length + 1]
      guard mode >> 3 & 7 == 2 else { continue }
      let hasIndex = mode >> 6 != 3 && mode & 7 == 4
      var size = hasIndex ? 3 : 2
      switch mode >> 6 {
      case 0:
        let base = hasIndex ? (length > 2 ? bytes[end - length + 2] & 7 : 0) : mode & 7
        if base == 5 { size += 4 }
      case 1: size += 1
      case 2: size += 4
      default: break
      }
      if size == length { return true }
    }
    return false
  }

  /// Whether an instruction of five bytes, of which the last four are a distance, leads into the image.
  private func leads(
    _ bytes: Span<UInt8>, by code: UInt64, _ address: UInt64, into image: Range<UInt64>
  ) -> Bool {
    guard word(bytes, size: 1, before: 4) == code,
      let distance = bytes.integer(at: bytes.count - 4, size: 4, .little)
    else { return false }
    return image.contains(
      address &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: distance))))
  }

  /// `bl` into the image; `blr` in all its forms.
  private static func isAArch64(
    _ word: UInt64, _ address: UInt64, _ image: Range<UInt64>
  ) -> Bool {
    if word & 0xfc00_0000 == 0x9400_0000 {
      // 26 bits with a sign, in words.
      let distance = Int64(bitPattern: word << 38) >> 36
      return image.contains(address &- 4 &+ UInt64(bitPattern: distance))
    }
    return word & 0xffff_fc1f == 0xd63f_0000 || word & 0xfeff_f800 == 0xd63f_0800
  }

  /// `bl`, `blx`
  private static func isARM(_ word: UInt64) -> Bool {
    word & 0x0f00_0000 == 0x0b00_0000 && word >> 28 != 0xf || word & 0xfe00_0000 == 0xfa00_0000
      || word & 0x0fff_fff0 == 0x012f_ff30
  }

  private func isThumb(_ bytes: Span<UInt8>) -> Bool {
    guard let last = word(bytes, size: 2) else { return false }
    if last & 0xff87 == 0x4780 { return true }
    guard let first = word(bytes, size: 2, before: 2) else { return false }
    return first & 0xf800 == 0xf000 && last & 0xc000 == 0xc000
  }

  /// `bl`, `bctrl`, `blrl`
  private static func isPowerPC(_ word: UInt64) -> Bool {
    word & 0xfc00_0001 == 0x4800_0001 || word == 0x4e80_0421 || word == 0x4e80_0021
  }

  /// `jal` and `jalr` that save in `ra`, and `c.jalr`.
  private func isRISCV(_ bytes: Span<UInt8>) -> Bool {
    if let word = littleWord(bytes), word & 0xfff == 0x0ef || word & 0x7fff == 0x00e7 {
      return true
    }
    guard let half = bytes.integer(at: bytes.count - 2, size: 2, .little) else { return false }
    return half & 0xf07f == 0x9002 && half & 0x0f80 != 0
  }

  /// `brasl`, `bras` and `basr` that save in r14.
  private func isS390(_ bytes: Span<UInt8>) -> Bool {
    func at(_ distance: Int) -> UInt8 {
      bytes.count >= distance ? bytes[bytes.count - distance] : 0
    }
    return at(6) == 0xc0 && at(5) == 0xe5 || at(4) == 0xa7 && at(3) == 0xe5
      || at(2) == 0x0d && at(1) >> 4 == 0xe
  }
}
