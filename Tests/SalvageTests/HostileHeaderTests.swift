import CoreIO
import CoreModel
import ELFCore
import Salvage
import TestSupport
import Testing

/// Headers that lie: nothing in them may make us trap, hang or take memory.
@Suite("a hostile core")
struct HostileHeaderTests {
  /// Small cores that are mostly structure, of every machine and layout.
  private static let seedCores: [BuiltCore] = BuilderMachine.all.flatMap { machine in
    [(CoreBuilder.Layout.kernel, false), (.kernel, true), (.gcore, false)].map { layout, extended in
      var builder = CoreBuilder.typical(machine, threads: 2, layout: layout)
      builder.usesExtendedNumbering = extended
      for index in builder.segments.indices where builder.segments[index].bytes != nil {
        builder.segments[index].bytes = [UInt8](repeating: UInt8(index + 1), count: 300)
      }
      builder.pageSize = 256
      builder.notes.append(
        .auxiliaryVector([(3, 0x40_0040), (9, 0x40_1000), (33, 0x7ff0_0000)], machine.format))
      builder.notes.append(
        .files(
          [ReferenceMapping(range: 0x40_0000..<0x40_4000, fileOffset: 0, path: "/bin/typical")],
          machine.format))
      return builder.build()
    }
  }

  /// Numbers that overflow, sign-extend or just miss.
  private static let traps: [UInt64] = [
    0, 1, 2, 7, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff4,
    0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max, .max - 7, .max - 11, .max - 4095,
  ]

  private static func mutate(_ core: BuiltCore, _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = core.bytes
    let places = [0..<64, core.tableRange, core.notesRange, core.sectionRange].filter {
      !$0.isEmpty
    }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard let place = places.randomElement(using: &random) else { continue }
      let offset = Int.random(in: place, using: &random)
      if Bool.random(using: &random) {
        bytes[offset] = UInt8.random(in: 0...255, using: &random)
        continue
      }
      let size = [2, 4, 8].randomElement(using: &random) ?? 4
      let value = traps.randomElement(using: &random) ?? 0
      let aligned = offset / size * size
      for index in 0..<size where aligned + index < bytes.count {
        bytes[aligned + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    guard Int.random(in: 0..<3, using: &random) > 0 else { return bytes }
    return Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
  }

  @Test("is repaired or refused, and never believed", arguments: 0..<8 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for round in 0..<3000 {
      let core = try #require(Self.seedCores.randomElement(using: &random))
      let input = Self.mutate(core, &random)
      let clock = ContinuousClock.now
      try Self.check(input, "seed \(seed), round \(round)")
      #expect(
        ContinuousClock.now - clock < .seconds(10), "seed \(seed), round \(round) took too long")
    }
  }

  /// Whatever the input was, the output is of one piece, and all that it shows is the input's.
  private static func check(_ input: [UInt8], _ name: String) throws {
    let intake: Intake
    let core: Core
    do throws(SalvageError) {
      intake = try Intake(MemorySource(input)).mended(RepairOptions().intake.shifts)
      core = try Core(intake, isDigested: true)
    } catch {
      #expect(!error.description.isEmpty)
      return
    }
    for lost in RepairOptions.LostMemory.allCases {
      var options = RepairOptions()
      options.lostMemory = lost
      if lost == .zero { options.extend = .none }
      let repair: Repair
      do throws(SalvageError) {
        repair = try Repair(of: core, from: intake, options: options)
      } catch {
        #expect(!error.description.isEmpty)
        continue
      }
      #expect(!repair.report.description.isEmpty)
      #expect(!repair.json.line.isEmpty)
      guard !repair.isWhole else { continue }
      let plan = repair.plan
      if lost == .drop, plan.size < 1 << 24 { try judge(repair, input, name) }
      var end: UInt64 = 0
      for piece in plan.pieces {
        #expect(piece.offset == end, "\(name), \(lost): pieces don't meet")
        if case .input(let range) = piece.content {
          #expect(range.upperBound <= UInt64(input.count), "\(name), \(lost): a piece past the end")
        }
        end = piece.end
      }
      #expect(end == plan.size && end <= UInt64(Int64.max), "\(name), \(lost)")
      for entry in plan.segments.entries where entry.fileSize > 0 && lost != .pad {
        #expect(
          (entry.fileEnd ?? .max) <= UInt64(input.count), "\(name), \(lost): \(entry) was not saved"
        )
      }
    }
  }

  /// What the judge minds in an output that was made from lies must have stood in the input already: never that
  /// something lies past the end, or that our own notes can't be read.
  private static func judge(_ repair: Repair, _ input: [UInt8], _ name: String) throws {
    let rendered = try RenderedRepair(repair, input)
    do {
      _ = try ReferenceCore(rendered.bytes)
    } catch {
      let words = "\(error)"
      for fault in ["past the file", "past the end", "larger than the file", "notes aligned"] {
        #expect(!words.contains(fault), "\(name): \(words)")
      }
    }
    #expect(try RepairRecord(of: MemorySource(rendered.bytes)).isRepaired, "\(name)")
  }

  /// A core of one thread whose program headers are edited by number.
  private static func built(_ edit: (inout [UInt8], BuiltCore) -> Void) -> [UInt8] {
    let core = CoreBuilder.typical(threads: 1).build()
    var bytes = core.bytes
    edit(&bytes, core)
    return bytes
  }

  private static func store(_ value: UInt64, in bytes: inout [UInt8], at offset: Int) {
    for index in 0..<8 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  @Test(
    "whose notes lie at the last offset there is doesn't trap",
    arguments: [.max, .max - 4, .max - 11, .max - 12, .max - 300_000] as [UInt64])
  func notesAtTheEndOfOffsets(offset: UInt64) throws {
    let bytes = Self.built { bytes, core in
      Self.store(offset, in: &bytes, at: core.tableRange.lowerBound + 8)
      Self.store(UInt64.max - offset, in: &bytes, at: core.tableRange.lowerBound + 32)
    }
    try Self.check(bytes, "notes at \(offset)")
  }

  @Test(
    "whose table lies at the last offset there is doesn't trap",
    arguments: [.max, .max - 55, .max - 400, 1 << 63] as [UInt64])
  func tableAtTheEndOfOffsets(offset: UInt64) throws {
    let bytes = Self.built { bytes, _ in Self.store(offset, in: &bytes, at: 32) }
    try Self.check(bytes, "table at \(offset)")
  }

  @Test(
    "whose 60,000 note segments all name the same megabytes takes no time", .timeLimit(.minutes(1)))
  func manyNoteSegments() throws {
    var builder = CoreBuilder()
    builder.notes = [
      BuilderNote("X", 9, [UInt8](repeating: 1, count: 4 << 20)), .thread(1, of: .x86_64),
    ]
    builder.segments = (1..<60_000).map { BuilderSegment(undumpedAt: UInt64($0) << 12, size: 4096) }
    let core = builder.build()
    var bytes = core.bytes
    let entry = Array(bytes[core.tableRange.lowerBound..<core.tableRange.lowerBound + 56])
    for index in 0..<60_000 {
      let place = core.tableRange.lowerBound + 56 * index
      bytes.replaceSubrange(place..<place + 56, with: entry)
    }
    let start = ContinuousClock.now
    let cut = Array(bytes.dropLast())
    _ = try? Repair(of: MemorySource(cut), options: .init())
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(
    "of a size that no file has is repaired without the hole, whatever becomes of lost memory",
    arguments: RepairOptions.LostMemory.allCases)
  func dueSizeThatCannotBe(lost: RepairOptions.LostMemory) throws {
    let bytes = Self.built { bytes, core in
      let last = core.tableRange.upperBound - 56
      Self.store(1 << 62, in: &bytes, at: last + 32)  // p_filesz
      Self.store(1 << 62, in: &bytes, at: last + 40)  // p_memsz
    }
    var options = RepairOptions()
    options.lostMemory = lost
    let rendered = try RenderedRepair(bytes, options: options)
    #expect(rendered.repair.plan.extend == RepairOptions.Extend.none)
    let output = try ReferenceCore(rendered.bytes)
    #expect(output.threadIDs == [4242])
    // The notes and the table that we append must never be shown as memory.
    for segment in output.loads {
      #expect(segment.fileSize == 0 || segment.fileRange.upperBound <= UInt64(bytes.count))
    }
  }
}
