import CoreIO
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Sizes past what a class of file, or memory, can hold.
@Suite("a size too large")
struct HostileSizeTests {
  /// A file that begins with `head` and goes on with zeros to a size that no memory has.
  private struct EndlessSource: ByteSource {
    let path: FilePath = "endless"
    let size: UInt64
    let head: [UInt8]

    var unreadable: [Range<UInt64>] { [] }
    func confirmSize() {}

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
      -> Int
    {
      guard offset < size else { return 0 }
      let count = Int(min(UInt64(buffer.count), size - offset))
      for index in 0..<count {
        let position = offset + UInt64(index)
        buffer[index] = position < UInt64(head.count) ? head[Int(position)] : 0
      }
      return count
    }
  }

  @Test(
    "for a 32-bit file never makes an offset of it that is cut to 32 bits",
    arguments: [
      BuilderMachine.i386, .ppc, .mips,
    ])
  func past32Bits(machine: BuilderMachine) throws {
    var builder = CoreBuilder.typical(machine)
    builder.segments[4].bytes = [1, 2, 3]
    var core = builder.build()
    // The last segment lies, and its size is cut off by the end of a file of over 4 GiB.
    let size = UInt64(5) << 30
    let entry = core.tableRange.upperBound - 32
    func store(_ value: UInt32, _ offset: Int) {
      for index in 0..<4 {
        let shift = UInt32(8 * (machine.format.isLittleEndian ? index : 3 - index))
        core.bytes[entry + offset + index] = UInt8(truncatingIfNeeded: value >> shift)
      }
    }
    store(.max, 4)
    store(.max, 16)
    for extend in RepairOptions.Extend.allCases {
      var options = RepairOptions()
      options.extend = extend
      let source = EndlessSource(size: size, head: core.bytes)
      guard let repair = try? Repair(of: source, options: options), !repair.isWhole else {
        continue
      }
      let names = repair.plan.pieces.compactMap { piece -> UInt64? in
        switch piece.content {
        case .bytes, .made: piece.end
        default: nil
        }
      }
      #expect(names.allSatisfy { $0 <= UInt64(UInt32.max) }, "the tail is out of reach")
    }
  }

  @Test(
    "of a LOST note's count is not believed",
    arguments: [1 << 20, 1 << 40, .max, .max / 40] as [UInt64])
  func lostCount(count: UInt64) throws {
    var note: [UInt8] = []
    for (value, size) in [(1, 4), (40, 4), (count, 8), (9, 8), (9, 8)] as [(UInt64, Int)] {
      note.append(value, size: size, .little)
    }
    note += [UInt8](repeating: 1, count: 80)
    for entrySize in [40, 0, UInt8.max] as [UInt8] {
      note[4] = entrySize
      var builder = CoreBuilder.typical()
      builder.notes.append(BuilderNote("CORESALVAGE", 0x5341_4C01, note))
      let record = try RepairRecord(of: MemorySource(builder.build().bytes))
      #expect(record.lost.count <= 2)
      #expect(!record.description.isEmpty)
    }
  }

  @Test("of the table is read as far as there are bytes, and no further")
  func tableCount() throws {
    var builder = CoreBuilder.typical()
    builder.usesExtendedNumbering = true
    var core = builder.build()
    let info = core.sectionRange.lowerBound + 44
    for index in 0..<4 { core.bytes[info + index] = 0xff }
    for size in [core.bytes.count, core.bytes.count - 1, 2000] {
      let repair = try? Repair(of: MemorySource(core.cut(to: size)), options: .init())
      let headers = repair?.core.structure.programHeaders.count ?? 0
      #expect(headers <= core.bytes.count / 56)
    }
  }
}
