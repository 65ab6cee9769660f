import CoreIO
import TestSupport
import Testing

@testable import Salvage

/// A repair leaves the old notes and the rest of the old table where they stood, and nothing names them any more: a damaged
/// archive, a copy that minds holes, a sector may take them, and no list of losses has them.
@Suite("what a repair leaves behind without a name")
struct OldHeadTests {
  /// What is told of a core as it was before its repairs.
  private struct Told: Equatable {
    var threads: [Inspection.Thread]
    var lost: [UInt64]
    var sizes: [UInt64?]
    var memory: [UInt64]
    var process: [String]
    var findings: [Inspection.Finding]

    init(_ bytes: [UInt8]) throws {
      let found = try Inspection(of: MemorySource(bytes), Surroundings())
      let report = found.report
      threads = found.threads
      let lostRanges = report.lost.map(\.range).filter { $0.address > 0 }
      lost = lostRanges.flatMap { [$0.address, $0.length, $0.fileOffset] }
      sizes = [report.sizeFound, report.sizeDue]
      memory = [report.memory.size, report.memory.survived]
      process = [
        "\(report.program ?? [])", "\(report.commandLine ?? [])", "\(report.processID ?? 0)",
      ]
      findings = found.findings
    }
  }

  /// The same core with zeros wherever no header of it has anything.
  private static func withoutUnnamed(_ bytes: [UInt8]) throws -> [UInt8] {
    let core = try ReferenceCore(bytes)
    var kept = [0..<UInt64(core.format.fileHeaderSize), core.tableRange, core.sectionRange]
    kept += core.segments.map(\.fileRange)
    var result = [UInt8](repeating: 0, count: bytes.count)
    for range in kept.map({ Int($0.lowerBound)..<Int($0.upperBound) }) {
      result.replaceSubrange(range, with: bytes[range])
    }
    return result
  }

  private static func check(_ bytes: [UInt8], _ what: String) throws {
    let hurt = try withoutUnnamed(bytes)
    try #require(hurt != bytes, "\(what)")
    #expect(try Told(hurt) == Told(bytes), "\(what)")
    #expect(try !Told(bytes).threads.isEmpty, "\(what)")
  }

  @Test(
    "is put back from what names it: threads, losses and sizes are told as before",
    arguments: [BuilderMachine.x86_64, .i386, .s390x], [UInt64(4), 0])
  func built(machine: BuilderMachine, alignment: UInt64) throws {
    for layout in CoreBuilder.Layout.allCases {
      for lost in [RepairOptions.LostMemory.drop, .zero, .pad] {
        var builder = CoreBuilder.typical(machine, threads: 5, layout: layout)
        builder.noteAlignment = alignment
        let built = builder.build()
        var options = RepairOptions()
        options.lostMemory = lost
        for size in [
          built.bytes.count - 100, built.segmentRanges[4].lowerBound + 5000,
          built.segmentRanges[2].lowerBound + 4096,
        ] where layout == .kernel || size > built.segmentRanges[4].upperBound {
          let repaired = try RenderedRepair(built.cut(to: size), options: options).bytes
          try Self.check(repaired, "\(machine) \(alignment) \(layout) \(lost) \(size)")
        }
      }
    }
  }

  @Test(
    "also of a kernel's core, whose NT_FILE is another now, and whose table has outgrown its place",
    arguments: [
      "bakery.rlimit-libraries.core", "bakery.killed-memory.core", "clock-32.fsize-libraries.core",
    ])
  func kernel(name: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture(name, into: folder)
    let bytes = try ReferenceSource.contents(of: core)
    let repaired = try RenderedRepair(bytes).bytes
    try Self.check(repaired, name)
    // Repaired again after more was lost, and left behind once more.
    let whole = try ReferenceCore(repaired)
    let load = try #require(whole.loads.filter { $0.fileSize > 8192 }.last)
    var intake = Intake(MemorySource(repaired))
    intake.losses = [
      .init(
        range: load.fileRange.lowerBound + 4096..<load.fileRange.lowerBound + 8192,
        cause: .unreadable)
    ]
    let again = try RenderedRepair(intake, repaired).bytes
    try Self.check(again, "\(name), twice")
  }

  @Test("is no more than was there: notes that the repair found damaged stay lost")
  func damagedBefore() throws {
    let built = CoreBuilder.typical(threads: 6).build()
    var bytes = built.bytes
    let whole = try ReferenceCore(bytes)
    let note = try #require(whole.notes.dropFirst(3).first)
    for index in 0..<24 { bytes[Int(note.offset) + index] = 0xee }
    let repaired = try RenderedRepair(bytes).bytes
    let hurt = try Self.withoutUnnamed(repaired)
    let before = try Told(repaired)
    #expect(before.threads.count < 6)
    #expect(try Told(hurt).threads == before.threads)
  }
}
