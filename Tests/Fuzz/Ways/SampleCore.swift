import CoreIO
import ELFCore

/// A cut core whose list of mapped files is lost, and the program that it fits: the rest is for `--program` to find.
public enum SampleCore {
  private static let format = ELFFormat(width: .bits64, byteOrder: .little)
  private static let base: UInt64 = 0x40_0000
  private static let entry: UInt64 = 0x40_1000

  static let unnamed = MemorySource(core)

  private static func header(type: UInt64, entry: UInt64, count: Int) -> [UInt8] {
    var bytes = FileHeader.magic + [2, 1, 1]
    bytes.pad(to: 16)
    for (value, size) in [(type, 2), (62, 2), (1, 4), (entry, 8), (64, 8), (0, 8), (0, 4)]
      as [(UInt64, Int)]
    {
      bytes.append(value, size: size, .little)
    }
    for value in [64, 56, count, 0, 0, 0] { bytes.append(UInt64(value), size: 2, .little) }
    return bytes
  }

  private static func segment(
    _ kind: ProgramHeader.Kind, _ flags: ProgramHeader.Flags, at address: UInt64, offset: UInt64,
    _ size: UInt64, memory: UInt64? = nil
  ) -> ProgramHeader {
    ProgramHeader(
      kind: kind, flags: flags, fileOffset: offset, address: address, fileSize: size,
      memorySize: memory ?? size, alignment: kind == .note ? 4 : 4096)
  }

  private static func words(_ words: [UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in words { bytes.append(word, size: 8, .little) }
    return bytes
  }

  /// One thread, AT_PHDR, AT_PHNUM and AT_ENTRY, the program's headers not dumped, and a page that is lost. What survived
  /// of its code, its data and the stack tells for the program.
  private static let core: [UInt8] = {
    let stack: UInt64 = 0x7f00_0000_0000
    var notes: [UInt8] = []
    func add(_ kind: Note.Kind, _ descriptor: [UInt8]) {
      notes += Note.header(
        kind: kind, owner: Array("CORE".utf8), descriptorSize: UInt64(descriptor.count), in: format)
      notes += descriptor
      notes.pad(to: 4)
    }
    var registers = [UInt64](repeating: 0, count: 27)
    registers[10] = 202
    registers[15] = 202
    registers[16] = entry + 0x12
    registers[19] = stack
    add(
      .threadStatus,
      words([0, 0, 0, 0, 7] + [UInt64](repeating: 0, count: 9) + registers + [0]))
    add(
      .auxiliaryVector, words([3, base + 64, 4, 56, 5, 4, 6, 4096, 9, entry, 0, 0]))
    let segments = [
      segment(.note, [], at: 0, offset: 64 + 56 * 6, UInt64(notes.count), memory: 0),
      segment(.load, .read, at: base, offset: 4096, 0, memory: 4096),
      segment(.load, [.read, .execute], at: entry, offset: 4096, 4096),
      segment(.load, [.read, .write], at: base + 0x2000, offset: 8192, 4096),
      segment(.load, [.read, .write], at: stack, offset: 12288, 4096),
      segment(.load, [.read, .write], at: stack + 0x10_0000, offset: 16384, 4096),
    ]
    var bytes = header(type: 4, entry: 0, count: segments.count)
    for segment in segments { segment.append(to: &bytes, in: format) }
    bytes += notes
    bytes.pad(to: 4096)
    bytes += code
    bytes.pad(to: 8192)
    bytes += words([entry + 8, entry, 7])
    bytes.pad(to: 12288)
    bytes += words([0, entry + 8, base + 0x2000, entry + 0x10])
    bytes.pad(to: 16384)
    return bytes
  }()

  /// Two calls and a system call.
  private static let code: [UInt8] =
    [
      0x90, 0x90, 0x90, 0xe8, 3, 0, 0, 0, 0x90, 0x90, 0x90, 0xe8, 0xfb, 0xff, 0xff, 0xff, 0x0f,
      0x05,
    ]
    + [UInt8](repeating: 0x90, count: 46)

  /// A program that lies where the core says.
  public static let program: [UInt8] = {
    let segments = [
      segment(.load, .read, at: base, offset: 0, 4096),
      segment(.load, [.read, .execute], at: entry, offset: 0x1000, 64, memory: 4096),
      segment(.load, [.read, .write], at: base + 0x2000, offset: 0x2000, 32, memory: 4096),
      segment(.dynamic, .read, at: base + 0x200, offset: 0x200, 160),
    ]
    var bytes = header(type: 2, entry: entry, count: segments.count)
    for segment in segments { segment.append(to: &bytes, in: format) }
    bytes += [UInt8](repeating: 0, count: 0x200 - bytes.count)
    // A library, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_DEBUG, DT_RELA, DT_RELASZ, DT_RELAENT
    bytes += words([1, 1, 5, base + 0x2a0, 6, base + 0x2c0, 10, 32, 21, 0])
    bytes += words([7, base + 0x300, 8, 48, 9, 24, 0, 0])
    bytes += [UInt8](repeating: 0, count: 0x2a0 - bytes.count) + [0] + Array("libx.so\0f\0".utf8)
    bytes += [UInt8](repeating: 0, count: 0x2c0 - bytes.count)
    // A function, then R_X86_64_RELATIVE and R_X86_64_GLOB_DAT.
    bytes += words([0, 0, 0, 9 | 0x12 << 32 | 1 << 48, entry, 8, 0, 0])
    bytes += words([base + 0x2000, 8, entry + 8, base + 0x2008, 1 << 32 | 6, 0])
    bytes += [UInt8](repeating: 0, count: 0x1000 - bytes.count) + code
    bytes += [UInt8](repeating: 0, count: 0x2000 - bytes.count)
    return bytes + words([entry + 8, 0, 7, 0])
  }()
}
