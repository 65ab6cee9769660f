import CoreIO
import Salvage
import TestSupport
import Testing

/// `--extend` and `--lost`: what each makes of lost memory.
@Suite("lost memory")
struct LostMemoryTests {
  private static let built = CoreBuilder.typical().build()
  private static let cutSizes: [Int] = {
    let last = built.segmentRanges[4]
    let middle = built.segmentRanges[2]
    return [
      last.lowerBound + 5000, middle.lowerBound, middle.lowerBound + 1, middle.lowerBound - 7,
    ]
  }()

  private static func rendered(
    _ size: Int, extend: RepairOptions.Extend = .due, _ lost: RepairOptions.LostMemory
  ) throws -> RenderedRepair {
    var options = RepairOptions()
    options.extend = extend
    options.lostMemory = lost
    return try RenderedRepair(built.cut(to: size), options: options)
  }

  @Test("without the hole is listed and dropped just the same", arguments: cutSizes)
  func withoutTheHole(size: Int) throws {
    let rendered = try Self.rendered(size, extend: .none, .drop)
    let output = try ReferenceCore(rendered.bytes)
    let due = try ReferenceCore(Self.rendered(size, .drop).bytes)
    #expect(output.source.length < due.source.length)
    #expect(output.readableRanges == due.readableRanges)
    #expect(try output.lost() == due.lost())
    #expect(try output.undone()?.isIdentical(to: Self.built.cut(to: size)) == true)
    #expect(try MemoryComparison(output, due).isEqual)
    #expect(try output.origin()?.contains(#""extend":"none""#) == true)
    #expect(rendered.repair.plan.extend == RepairOptions.Extend.none)
  }

  @Test("with zero keeps its entries without a byte in the file", arguments: cutSizes)
  func zeroMarked(size: Int) throws {
    let whole = try ReferenceCore(Self.built.bytes)
    let output = try ReferenceCore(Self.rendered(size, .zero).bytes)
    let expected = try CutExpectation(of: whole, cutTo: UInt64(size))
    #expect(output.readableRanges == expected.surviving)
    #expect(try output.lost()?.memory.allSatisfy { $0.state == 2 } == true)
    #expect(try output.lost()?.memory.map(\.range) == expected.lost.map(\.range))
    for loss in expected.lost {
      #expect(output.undumpedRanges.contains { $0.clamped(to: loss.range) == loss.range })
    }
    #expect(try output.contradictions().isEmpty)
    #expect(try output.origin()?.contains(#""lost":"zero""#) == true)
  }

  @Test("with pad keeps its entries as they were, over zeros", arguments: cutSizes)
  func padded(size: Int) throws {
    let whole = try ReferenceCore(Self.built.bytes)
    let output = try ReferenceCore(Self.rendered(size, .pad).bytes)
    #expect(output.readableRanges == whole.readableRanges)
    #expect(output.loads.map(\.fileRange) == whole.loads.map(\.fileRange))
    let lost = try #require(try output.lost())
    #expect(lost.memory.allSatisfy { $0.state == 3 })
    for loss in lost.memory {
      let bytes = try output.wholeBytes(at: loss.address, count: Int(loss.length))
      #expect(bytes?.allSatisfy { $0 == 0 } == true)
    }
    #expect(try output.origin()?.contains(#""lost":"pad""#) == true)
  }

  @Test(
    "leaves the first page of what was read-only an entry of its own, and of what was not none",
    arguments: [RepairOptions.LostMemory.drop, .zero])
  func firstPages(lost: RepairOptions.LostMemory) throws {
    for (flags, count) in [(BuilderSegment.read | BuilderSegment.execute, 2), (6, 1)] {
      var builder = CoreBuilder.typical()
      builder.segments[2].flags = flags
      let built = builder.build()
      let range = built.segmentRanges[2]
      var options = RepairOptions()
      options.lostMemory = lost
      let rendered = try RenderedRepair(built.cut(to: range.lowerBound + 5000), options: options)
      let output = try ReferenceCore(rendered.bytes)
      let start = builder.segments[2].address
      let loads = output.loads.filter { start..<start + 0x3000 ~= $0.address && $0.fileSize > 0 }
      #expect(loads.map(\.fileSize) == (count == 2 ? [4096, 904] : [5000]))
      #expect(loads.last?.memoryRange.upperBound == start + (lost == .zero ? 0x3000 : 5000))
      #expect(loads.first?.offset == UInt64(range.lowerBound))
      #expect(try output.contradictions().isEmpty)
      // A beginning of no more than a page is not taken apart.
      let short = try RenderedRepair(built.cut(to: range.lowerBound + 4096))
      let entries = try ReferenceCore(short.bytes).loads.filter { $0.address >> 12 == start >> 12 }
      #expect(entries.map(\.fileSize) == [4096])
    }
  }

  @Test("is all in LOST whatever becomes of it", arguments: RepairOptions.LostMemory.allCases)
  func isListed(lost: RepairOptions.LostMemory) throws {
    for size in Self.cutSizes {
      let output = try ReferenceCore(Self.rendered(size, lost).bytes)
      let dropped = try ReferenceCore(Self.rendered(size, .drop).bytes)
      #expect(
        try output.lost()?.entries.map(\.fileRange) == dropped.lost()?.entries.map(\.fileRange))
    }
  }

  @Test(
    "that is shown is noticed by these tests' own judge",
    arguments: [RepairOptions.LostMemory.zero, .pad])
  func judgeNotices(lost: RepairOptions.LostMemory) throws {
    let whole = try ReferenceCore(Self.built.bytes)
    for size in Self.cutSizes {
      let output = try ReferenceCore(Self.rendered(size, lost).bytes)
      let problems = try CutVerdict.problems(of: output, from: whole, cutTo: UInt64(size))
      #expect(!problems.isEmpty)
    }
    let honest = try ReferenceCore(Self.rendered(Self.cutSizes[0], .drop).bytes)
    #expect(
      try !CutVerdict.problems(of: honest, from: whole, cutTo: UInt64(Self.cutSizes[0] - 1)).isEmpty
    )
  }

  @Test("gives the same output every time")
  func isDeterministic() throws {
    for lost in RepairOptions.LostMemory.allCases {
      let first = try Self.rendered(Self.cutSizes[0], lost).bytes
      #expect(try Self.rendered(Self.cutSizes[0], lost).bytes.isIdentical(to: first))
    }
  }

  @Test("stays on record when the repaired core is cut again, after its record")
  func secondRepair() throws {
    let size = Self.cutSizes[0]
    let first = try Self.rendered(size, .drop).bytes
    let before = try ReferenceCore(first)
    let again = Array(first.dropLast(40))
    let output = try RenderedRepair(again).bytes
    let record = try RepairRecord(of: MemorySource(output))
    #expect(record.isRepaired)
    #expect(record.lost.prefix(1).map(\.fileOffset) == [UInt64(size)])
    #expect(record.origins.count == 2)
    let after = try ReferenceCore(output)
    #expect(after.threads == before.threads)
    #expect(try MemoryComparison(after, before).isEqual)
  }
}
