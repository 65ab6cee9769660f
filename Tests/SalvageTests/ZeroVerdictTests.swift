import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Zeros, holes and what a writer left out: the same verdict from every command.
@Suite("memory that reads as zeros")
struct ZeroVerdictTests {
  private static let zeros = [UInt8](repeating: 0, count: 5 * 4096)

  /// One thread whose stack pointer is in a segment of its own.
  private static func core(stack: [UInt8], pointer: UInt64 = 0x7ff0_0800) -> BuiltCore {
    var builder = CoreBuilder.typical(threads: 1)
    var registers = [UInt64](repeating: 1, count: 27)
    registers[19] = pointer  // rsp
    let index = builder.notes.firstIndex { $0.type == ReferenceNote.prstatus } ?? 0
    builder.notes[index] = .thread(4242, registers: registers, of: builder.machine)
    builder.segments[4] = BuilderSegment(at: 0x7ff0_0000, stack)
    return builder.build()
  }

  private func repaired(
    _ path: FilePath, _ intake: IntakeOptions = IntakeOptions(), in folder: ScratchFolder
  ) throws -> (report: RepairReport, core: ReferenceCore) {
    var options = RepairOptions()
    options.force = true
    options.intake = intake
    let output = folder.file("out")
    let written = try Repair(of: path, options: options).write(to: output)
    return (written.report, try ReferenceCore(contentsOf: output))
  }

  @Test("from a thread's stack pointer to its stack's end is lost: repair and inspect both say so")
  func provenStack() throws {
    let folder = try ScratchFolder(in: .memory)
    let path = try folder.write(Self.core(stack: Self.zeros).bytes, to: "in")
    let (report, core) = try repaired(path, in: folder)
    let inspection = try Inspection(of: path)
    #expect(!report.isWhole && !inspection.isWhole)
    #expect(report.verdict.reasons == inspection.report.verdict.reasons)
    #expect(report.verdict.reasons.contains { $0.isDamage && $0.text.contains("thread 4242") })
    #expect(!core.loads.contains { $0.address == 0x7ff0_0000 })
    #expect(try core.lost()?.entries.map(\.cause) == [7])
  }

  @Test("at a stack's pointer and end alone is a doubt that every report tells, and no damage")
  func doubtfulStack() throws {
    let folder = try ScratchFolder(in: .memory)
    var stack = Self.zeros
    stack[2 * 4096] = 1
    let path = try folder.write(Self.core(stack: stack).bytes, to: "in")
    let (report, _) = try repaired(path, in: folder)
    let inspection = try Inspection(of: path)
    #expect(report.isWhole && inspection.isWhole)
    #expect(report.description.contains("doubt") && report.description.contains("thread 4242"))
    #expect(inspection.findings.contains { $0.text.contains("thread 4242") && !$0.isDamage })
  }

  @Test(
    "of a library's first page is judged by what a cut leaves of it as by what is left in the repaired core",
    arguments: [9, 511, 512, 513, 4095, 4096])
  func cutPage(left: UInt64) throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 1)
    let mapping = ReferenceMapping(
      range: 0x7ff0_0000..<0x7ff0_5000, fileOffset: 0, path: "/usr/lib/libzero.so")
    builder.notes.removeAll { $0.type == ReferenceNote.file }
    builder.notes.append(.files([mapping], builder.machine.format))
    builder.segments[4] = BuilderSegment(at: 0x7ff0_0000, Self.zeros)
    let core = builder.build()
    let start = core.segmentRanges[4].lowerBound
    let path = try folder.write(Array(core.bytes[..<(start + Int(left))]), to: "in")
    let once = folder.file("once")
    try Repair(of: path).write(to: once)
    let repair = try Repair(of: once)
    #expect(repair.isWhole, "\(repair.report)")
    let isThere = try ReferenceCore(contentsOf: once).loads.contains {
      $0.address == 0x7ff0_0000 && $0.fileSize > 0
    }
    #expect(isThere == (left < 512))
  }

  @Test("is lost from the size on that is asked for, block by block, and kept by default")
  func runs() throws {
    let folder = try ScratchFolder(in: .memory)
    var random = SeededGenerator(seed: 3)
    var builder = CoreBuilder.typical()
    var memory = random.nonZeroBytes(40 * 4096)
    for byte in 8 * 4096 + 5..<26 * 4096 { memory[byte] = 0 }
    for byte in 30 * 4096..<32 * 4096 { memory[byte] = 0 }
    builder.segments[2] = BuilderSegment(at: 0x0100_0000, memory)
    let path = try folder.write(builder.build().bytes, to: "in")
    #expect(try repaired(path, in: folder).report.isWhole)
    for (size, lost) in [
      (64 << 10, [9..<26]), (4096, [9..<26, 30..<32]), (1 << 20, []),
    ] as [(UInt64, [Range<UInt64>])] {
      var intake = IntakeOptions()
      intake.zeroRuns = .lost(from: size)
      let result = try repaired(path, intake, in: folder)
      // The typical core has two pages of zeros besides.
      let list = try result.core.lost()
      let entries = (list?.entries ?? []).filter { $0.address >> 24 == 1 }
      #expect(
        entries.map(\.range)
          == lost.map { 0x0100_0000 + $0.lowerBound * 4096..<0x0100_0000 + $0.upperBound * 4096 })
      #expect(entries.allSatisfy { $0.cause == 7 })
      #expect(result.report.isWhole == (size > 1 << 19))
    }
  }

  @Test(
    "because it is a hole of the file is lost where that is asked for, and never in a dense one")
  func holes() throws {
    let folder = try ScratchFolder()
    var builder = CoreBuilder.typical()
    builder.segments[2] = BuilderSegment(
      at: 0x0100_0000, [UInt8](repeating: 0, count: 64 * 4096) + [1])
    let core = builder.build()
    let dense = try folder.write(core.bytes, to: "dense")
    let hole = core.segmentRanges[2].lowerBound..<core.segmentRanges[2].lowerBound + 64 * 4096
    let sparse = folder.file("sparse")
    let file = try FileDescriptor.open(
      sparse, .writeOnly, options: .create, permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(toAbsoluteOffset: 0, core.bytes[..<hole.lowerBound])
    try file.writeAll(toAbsoluteOffset: Int64(hole.upperBound), core.bytes[hole.upperBound...])
    var intake = IntakeOptions()
    intake.holes = .lost
    #expect(try repaired(dense, intake, in: folder).report.isWhole)
    let result = try repaired(sparse, intake, in: folder)
    let lost = try #require(try result.core.lost()?.entries.filter { $0.address >> 24 == 1 })
    #expect(lost.map(\.range) == [0x0100_0000..<0x0104_0000] as [Range<UInt64>])
  }

  @Test("as minicoredumper's list tells was left out, not saved and not cut")
  func minicoredumper() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let core = builder.build()
    let format = builder.machine.format
    // It ends before its last segment does, with the list and the section headers.
    var bytes = core.cut(to: core.bytes.count - 4096)
    var note = FieldWriter(format)
    for word in [15, 48, 80] as [UInt32] { note.word(word) }
    note.raw(Array("minicoredumper\0\0".utf8))
    for word in [0, 4096, 0x0040_0000, 4096, 0x0100_0800, 100] as [UInt64] { note.native(word) }
    let place = UInt64(bytes.count)
    bytes += note.bytes
    var sections = FieldWriter(format)
    for section in [(0, 0, 0), (7, place, UInt64(note.bytes.count))] as [(UInt32, UInt64, UInt64)] {
      sections.word(0)  // sh_name
      sections.word(section.0)  // sh_type
      sections.native(0)  // sh_flags
      sections.native(0)  // sh_addr
      sections.native(section.1)  // sh_offset
      sections.native(section.2)  // sh_size
      sections.word(0)  // sh_link
      sections.word(0)  // sh_info
      sections.native(4)  // sh_addralign
      sections.native(0)  // sh_entsize
    }
    var header = FieldWriter(format)
    header.native(UInt64(bytes.count))
    bytes.replaceSubrange(40..<48, with: header.bytes)
    bytes.replaceSubrange(58..<64, with: [64, 0, 2, 0, 0, 0])
    bytes += sections.bytes
    let path = try folder.write(bytes, to: "in")
    let (report, repaired) = try repaired(path, in: folder)
    #expect(report.verdict.isFiltered && report.description.contains("minicoredumper"))
    #expect(!report.description.contains("cut after"))
    #expect(try Inspection(of: path).causes.isEmpty)
    let loads = repaired.loads.filter { $0.fileSize > 0 }
    #expect(loads.map(\.address) == [0x0040_0000, 0x0100_0800])
    #expect(loads.map(\.fileSize) == [4096, 100])
    #expect(try repaired.lost()?.entries.allSatisfy { $0.cause == 5 } ?? false)
  }
}
