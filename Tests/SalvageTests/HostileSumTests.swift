import ELFCore
import SystemPackage
import TestSupport
import Testing

@testable import CoreIO
@testable import CoreModel
@testable import Salvage
@testable import SalvageBatch
@testable import SalvageText

/// Sizes that a core names one by one, and whose sums, ends and shares no number holds.
@Suite("sizes that add up to more than there are numbers")
struct HostileSumTests {
  /// Bytes of which those from `hole` on read as a hole.
  private struct SparseSource: ByteSource {
    let path: FilePath = "sparse"
    let bytes: [UInt8]
    let hole: UInt64
    var size: UInt64 { UInt64(bytes.count) }

    var unreadable: [Range<UInt64>] { [] }
    func confirmSize() {}

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
      -> Int
    {
      try MemorySource(bytes).read(at: offset, into: buffer)
    }

    func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
      let data = range.clamped(to: 0..<max(hole, range.lowerBound))
      return data.isEmpty ? nil : data
    }
  }

  private static func store(_ value: UInt64, in bytes: inout [UInt8], at offset: Int) {
    bytes.store(value, at: offset, size: 8, .little)
  }

  /// A small core of one thread, its table edited: field by offset in an entry of the table.
  private static func core(
    segments: Int = 2, _ edits: [(entry: Int, field: Int, value: UInt64)]
  ) -> BuiltCore {
    var builder = CoreBuilder(.x86_64)
    builder.notes = [
      .thread(100, registers: [UInt64](repeating: 1, count: 27), of: .x86_64)
    ]
    builder.segments = (0..<segments).map {
      BuilderSegment(at: 0x10000 + UInt64($0) << 40, [UInt8](repeating: 7, count: 4 * 4096))
    }
    var core = builder.build()
    for edit in edits {
      store(
        edit.value, in: &core.bytes, at: core.tableRange.lowerBound + 56 * edit.entry + edit.field)
    }
    return core
  }

  private static let offset = 8
  private static let fileSize = 32
  private static let memorySize = 40
  private static let alignment = 48

  /// Everything that words, JSON and pages are made of.
  private static func look(_ source: some ByteSource) throws -> Inspection {
    let found = try Inspection(of: source, Surroundings())
    for width in [20, 80, 240] { _ = MemoryStrip(found, width: width, hasColour: false) }
    #expect(!found.text(all: true).isEmpty)
    #expect(!found.json.line.isEmpty)
    var page = HTMLPage()
    page.add(found)
    #expect(!page.html.isEmpty)
    return found
  }

  @Test("are held at the last one, and what is lost is counted by itself")
  func total() {
    var total = ByteTotal()
    for _ in 0..<3 { total += ByteTotal(.max - 1, survived: .max - 2) }
    #expect(total.size == .max && total.survived == .max)
    #expect(total.lost == 3 && !total.isWhole)
    for steps in [1, 10, 1000, 240] { #expect(total.share(of: steps) == steps - 1) }
  }

  @Test("have shares that are rounded down, and are all only where nothing is lost")
  func shares() {
    #expect(ByteTotal(3, survived: 1).share(of: 1000) == 333)
    #expect(ByteTotal(1000, survived: 999).share(of: 100) == 99)
    #expect(ByteTotal(1 << 62, survived: (1 << 62) - 1).share(of: 1000) == 999)
    #expect(ByteTotal(7, survived: 9).isWhole && ByteTotal(7, survived: 9).survived == 7)
    #expect(ByteTotal(0, survived: 0).share(of: 5) == 5)
    #expect(ByteTotal(5, survived: 0).isGone && ByteTotal(5, survived: 0).share(of: 0) == 0)
  }

  @Test("of two segments of 2^63 bytes each are inspected, and what is lost is not shown as saved")
  func twoHalves() throws {
    let half = UInt64(1) << 63
    let core = Self.core([
      (1, Self.fileSize, half), (1, Self.memorySize, half), (2, Self.fileSize, half),
      (2, Self.memorySize, half),
    ])
    let found = try Self.look(MemorySource(core.bytes))
    #expect(!found.isWhole)
    let dumped = try #require(found.memory.first).dumped
    #expect(dumped.size == .max && dumped.lost > 0 && dumped.survived < dumped.size)
    let repair = try Repair(of: MemorySource(core.bytes), options: RepairOptions())
    #expect(repair.report.memory.lost > 0)
    #expect(!repair.report.description.contains("(100 %)"))
  }

  @Test("of 65 segments that all lie over each other are repaired, inspected and reported")
  func overlapping() throws {
    let size = UInt64(1) << 58
    var edits = (1...64).map { ($0, Self.fileSize, size) }
    edits += (1...64).map { ($0, Self.memorySize, size) }
    let core = Self.core(segments: 65, edits)
    let found = try Self.look(MemorySource(core.bytes))
    #expect(found.memory.contains { $0.dumped.size == .max && $0.dumped.lost > 0 })
    var tally = BatchTally()
    for _ in 0..<2 {
      var record = BatchRecord("in", .repaired)
      record.report = found.report
      tally.add(record)
    }
    #expect(tally.memoryDumped == .max && tally.memoryLost > 0)
    #expect(!tally.description.isEmpty && !tally.json.line.isEmpty)
  }

  @Test("of an alignment and 16 is inspected", arguments: [1 << 60, 1 << 63, .max] as [UInt64])
  func alignment(value: UInt64) throws {
    let core = Self.core([(1, Self.alignment, value), (2, Self.fileSize, 1 << 20)])
    #expect(try !Self.look(MemorySource(core.bytes)).isWhole)
  }

  @Test("of notes that end at the last offset and the data after them are inspected")
  func notesAtTheEnd() throws {
    let core = Self.core([
      (0, Self.offset, 1 << 63), (0, Self.fileSize, (1 << 63) - 1), (2, Self.fileSize, 1 << 20),
    ])
    let hole = UInt64(core.segmentRanges[1].lowerBound)
    #expect(try !Self.look(SparseSource(bytes: core.bytes, hole: hole)).isWhole)
  }

  @Test("of notes that were found before the place that their header names are inspected")
  func notesBeforeTheirHeader() throws {
    let core = Self.core([(0, Self.offset, 2010), (0, Self.fileSize, 4096)])
    let found = try Self.look(MemorySource(core.cut(to: 2010)))
    #expect(found.threads.map(\.id) == [100])
  }

  @Test("of a mapping and its page at the end of the address space make no range")
  func mappingAtTheEnd() throws {
    var image = [UInt8](repeating: 0, count: 4096)
    image.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    for (offset, value, size) in [
      (16, 3, 2), (18, 62, 2), (32, 64, 8), (54, 56, 2), (56, 1, 2), (64, 1, 4), (68, 4, 4),
      (96, 0x200, 8), (104, 0x200, 8),
    ] as [(Int, UInt64, Int)] {
      image.store(value, at: offset, size: size, .little)
    }
    let found = ImageHeaders(image.span)
    let headers = try #require(found)
    for base: UInt64 in [.max - 0x7ff, .max - 0x900, .max - 0x2ff, .max - 0x1fff] {
      let layout = MappingLayout(headers, base: base, pageSize: 4096)
      #expect(layout.map { $0.mappings([]).allSatisfy { !$0.range.isEmpty } } ?? true)
    }
  }
}
