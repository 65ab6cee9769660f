import ELFCore
@testable import Salvage

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

  /// One thread, AT_PHDR, AT_PHNUM and AT_ENTRY, the program's pages not dumped, and a page that is lost.
  private static let core: [UInt8] = {
    var notes: [UInt8] = []
    func add(_ kind: Note.Kind, _ descriptor: [UInt8]) {
      notes += Note.header(
        kind: kind, owner: Array("CORE".utf8), descriptorSize: UInt64(descriptor.count), in: format)
      notes += descriptor
      notes.pad(to: 4)
    }
    add(.threadStatus, [UInt8](repeating: 1, count: 336))
    var vector: [UInt8] = []
    for (key, value) in [(3, base + 64), (4, 56), (5, 3), (6, 4096), (9, entry), (0, 0)]
      as [(UInt64, UInt64)]
    {
      vector.append(key, size: 8, .little)
      vector.append(value, size: 8, .little)
    }
    add(.auxiliaryVector, vector)
    let start: UInt64 = 64 + 56 * 5
    let segments = [
      segment(.note, [], at: 0, offset: start, UInt64(notes.count), memory: 0),
      segment(.load, .read, at: base, offset: 4096, 0, memory: 4096),
      segment(.load, [.read, .execute], at: entry, offset: 4096, 0, memory: 4096),
      segment(.load, [.read, .write], at: base + 0x2000, offset: 4096, 4096),
      segment(.load, [.read, .write], at: 0x7f00_0000_0000, offset: 8192, 4096),
    ]
    var bytes = header(type: 4, entry: 0, count: segments.count)
    for segment in segments { segment.append(to: &bytes, in: format) }
    bytes += notes
    return bytes
  }()

  /// A program that lies where the core says.
  public static let program: [UInt8] = {
    let segments = [
      segment(.load, .read, at: base, offset: 0, 4096),
      segment(.load, [.read, .execute], at: entry, offset: 0x1000, 64, memory: 4096),
      segment(.dynamic, .read, at: base + 0x200, offset: 0x200, 128),
    ]
    var bytes = header(type: 2, entry: entry, count: segments.count)
    for segment in segments { segment.append(to: &bytes, in: format) }
    bytes += [UInt8](repeating: 0, count: 0x200 - bytes.count)
    for (tag, value) in [(1, 1), (5, base + 0x280), (6, base + 0x2a0), (10, 32), (21, 0), (0, 0)]
      as [(UInt64, UInt64)]
    {
      bytes.append(tag, size: 8, .little)
      bytes.append(value, size: 8, .little)
    }
    bytes += [UInt8](repeating: 0, count: 0x280 - bytes.count) + [0] + Array("libx.so\0".utf8)
    return bytes + [UInt8](repeating: 0x90, count: 0x1040 - bytes.count)
  }()
}
