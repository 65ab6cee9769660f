import CoreIO
import CoreModel
import ELFCore
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What the search for notes reads, counted: it grows as the notes do, whatever stands in them.
@Suite("the search for notes behind damage")
struct NoteSearchWorkTests {
  /// A file in memory that counts the bytes that are read of it.
  private final class CountingSource: ByteSource {
    let path: FilePath = "counting"
    private let bytes: [UInt8]
    private let count = Mutex<UInt64>(0)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var size: UInt64 { UInt64(bytes.count) }
    var bytesRead: UInt64 { count.withLock { $0 } }

    var unreadable: [Range<UInt64>] { [] }
    func confirmSize() {}

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
      -> Int
    {
      guard offset < size else { return 0 }
      let part = bytes[Int(offset)...].prefix(buffer.count)
      count.withLock { $0 += UInt64(part.count) }
      buffer.copyBytes(from: part)
      return part.count
    }
  }

  /// What stands in the notes, over and over.
  enum Pattern: String, CaseIterable {
    /// Headers of threads and nothing else, of sizes that lead anywhere.
    case threads
    /// Auxiliary vectors and lists of files that reach to the end, one inside the other.
    case lists
    /// Notes whose ends are zeroed blocks.
    case zeros
    /// Single notes that each swallow the next ones, whose ends lead nowhere.
    case nested
  }

  private static func note(_ kind: UInt32, _ size: Int) -> [UInt8] {
    var writer = FieldWriter(.elf64Little)
    for word in [5, UInt32(clamping: size), kind] { writer.word(word) }
    return writer.bytes + Array("CORE\0\0\0\0".utf8)
  }

  private static func notes(_ pattern: Pattern, _ size: Int) -> [UInt8] {
    var random = SeededGenerator(seed: 7)
    var bytes: [UInt8] = []
    while bytes.count < size {
      let left = size - bytes.count
      switch pattern {
      case .threads: bytes += note(1, Int.random(in: 1...max(1, left), using: &random))
      case .lists:
        bytes += note(Bool.random(using: &random) ? 6 : 0x4649_4c45, max(20, left - 20))
      case .zeros:
        bytes += note(1, 1200) + [UInt8](repeating: 1, count: 200)
        bytes += [UInt8](repeating: 0, count: 2048 - bytes.count % 2048 + 512)
      case .nested: bytes += note(bytes.count % 40 == 0 ? 5 : 1, left / 2 + 3)
      }
    }
    return Array(bytes[..<size])
  }

  /// A core whose notes, in so many PT_NOTEs, are all that it has.
  private static func core(_ notes: [UInt8], segments: Int) -> [UInt8] {
    let start = 64 + 56 * segments
    let length = notes.count / segments
    var bytes = HostileHeader.file(count: UInt64(segments))
    for index in 0..<segments {
      bytes += HostileHeader.segment(
        type: 4, at: 0, offset: UInt64(start + index * length), UInt64(length) + 1)
    }
    return bytes + notes
  }

  @Test(
    "reads a few times what is there and no more, of one segment or of hundreds",
    arguments: Pattern.allCases, [1, 500])
  func linear(pattern: Pattern, segments: Int) throws {
    var read: [UInt64] = []
    for size in [1 << 18, 1 << 20] {
      let source = CountingSource(Self.core(Self.notes(pattern, size), segments: segments))
      _ = try Probe.structure(of: source)
      read.append(source.bytesRead / source.size)
    }
    #expect(read.allSatisfy { $0 < 16 })
  }
}
