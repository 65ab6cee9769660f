import CoreIO
import CoreModel
import ELFCore
import Salvage
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What is done for a core, counted: it grows with what is there, not with what a number says.
@Suite("the work that a number in a core asks for")
struct HostileWorkTests {
  /// A file that is a hole but for some stretches, and counts the bytes that are read of it.
  private final class CountingSource: ByteSource {
    let path: FilePath = "counting"
    let size: UInt64
    private let parts: [(offset: UInt64, bytes: [UInt8])]
    private let count = Mutex<UInt64>(0)
    private let calls = StepCounter()

    /// - Parameter parts: by their offsets.
    init(size: UInt64, _ parts: [(offset: UInt64, bytes: [UInt8])]) {
      self.size = size
      self.parts = parts
    }

    var bytesRead: UInt64 { count.withLock { $0 } }
    var reads: Int { calls.count }

    var unreadable: [Range<UInt64>] { [] }
    func confirmSize() {}

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
      -> Int
    {
      _ = calls.next()
      guard offset < size else { return 0 }
      let range = offset..<offset + min(UInt64(buffer.count), size - offset)
      count.withLock { $0 += range.length }
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(range.length)])
        .initializeMemory(as: UInt8.self, repeating: 0)
      for part in parts {
        let hit = (part.offset..<part.offset + UInt64(part.bytes.count)).clamped(to: range)
        guard !hit.isEmpty else { continue }
        let start = Int(hit.lowerBound - part.offset)
        part.bytes.withUnsafeBytes { bytes in
          UnsafeMutableRawBufferPointer(rebasing: buffer[Int(hit.lowerBound - offset)...])
            .copyMemory(from: .init(rebasing: bytes[start..<start + Int(hit.length)]))
        }
      }
      return Int(range.length)
    }

    func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
      for part in parts {
        let hit = (part.offset..<part.offset + UInt64(part.bytes.count)).clamped(to: range)
        if !hit.isEmpty { return hit }
      }
      return nil
    }
  }

  @Test("for a table of 16 million entries in a hole is that for the one that is there")
  func tableInAHole() throws {
    let count: UInt64 = (1 << 24) - 1
    let end = 64 + 56 * count
    let source = CountingSource(
      size: end + 8192,
      [
        (
          0,
          HostileHeader.file(count: 0xffff, sections: end)
            + HostileHeader.segment(at: 1 << 16, offset: end + 4096, 1 << 20)
        ),
        (
          end,
          HostileHeader.section(count: count)
        ),
        (end + 4096, [UInt8](repeating: 7, count: 4096)),
      ])
    let structure = try Probe.structure(of: source)
    #expect(structure.programHeaders.count == 1)
    #expect(structure.tableRange == 64..<end)
    #expect(source.bytesRead < 1 << 21)
    // Its output has what the table named, and no 900 MB of a new one.
    let repair = try Repair(of: source, options: RepairOptions())
    #expect(repair.report.memory.survived == 4096)
    let plan = repair.plan
    #expect(plan.size < end + (2 << 20))
  }

  @Test("for millions of empty notes in a hole is that for one")
  func notesInAHole() throws {
    let note = CoreBuilder(.x86_64).noteBytes(.thread(9, of: .x86_64))
    // After so many empty ones of 12 bytes each.
    let far = 512 + UInt64(note.count) + 12 * 2_000_000
    let source = CountingSource(
      size: 64 << 20,
      [
        (
          0,
          HostileHeader.file(count: 2)
            + HostileHeader.segment(type: 4, at: 0, offset: 512, 60 << 20)
            + HostileHeader.segment(at: 1 << 16, offset: 64 << 20, 1 << 20)
        ),
        (512, note), (far, note),
      ])
    let structure = try Probe.structure(of: source)
    #expect(structure.notes.first?.fileOffset == 512 && structure.notes.count <= 2)
    #expect(source.bytesRead < 4 << 20)
  }

  @Test("for segments that lie over each other and a map of many holes is not that for each pair")
  func overlapping() throws {
    let count = 20_000
    let offset: UInt64 = 2 << 20
    let size: UInt64 = 1 << 20
    var head = HostileHeader.file(count: UInt64(count))
    for index in 0..<count {
      head += HostileHeader.segment(at: UInt64(index + 1) << 32, offset: offset, size)
    }
    let bytes = head + [UInt8](repeating: 1, count: Int(offset + size) - head.count)
    for lost in RepairOptions.LostMemory.allCases {
      var options = RepairOptions()
      options.lostMemory = lost
      options.intake.lostRanges = (0..<250).map {
        let start = offset + UInt64($0) * 4096
        return start..<start + 2048
      }
      var intake = Intake(MemorySource(bytes))
      intake.losses = try options.intake.losses()
      let repair = try Repair(of: intake, options: options)
      let plan = repair.plan
      #expect(plan.segments.lost.count < 4 * count)
      #expect(plan.segments.entries.count < 4 * count)
      // What is not listed byte by byte is listed as a whole: each segment has something lost.
      #expect(Set(plan.segments.lost.map(\.headerIndex)).count == count)
      let kept = plan.segments.entries.total(\.fileSize)
      #expect(lost == .pad || kept <= repair.report.memory.survived)
      #expect(!repair.report.memory.isWhole)
    }
  }

  @Test(
    "for names that all lead to one image whose notes have a segment for each byte is that for some of it"
  )
  func notesInManySegments() throws {
    let count = 2000
    var image = HostileHeader.file(count: 2)
    image[16] = 3  // ET_DYN
    image += HostileHeader.segment(at: 0, offset: 0, 4096)
    image += HostileHeader.segment(type: 4, at: 0x1000_0000, offset: 4096, 1 << 16)
    image += [UInt8](repeating: 0, count: 4096 - image.count)
    var builder = CoreBuilder.typical()
    builder.segments = [BuilderSegment(at: 0x1000_0000, flags: 5, image)]
    builder.segments += (0..<UInt64(count)).map { BuilderSegment(at: 0x2000_0000 + $0, [0]) }
    builder.notes.append(
      .files(
        (0..<count).map {
          ReferenceMapping(
            range: 0x1000_0000..<0x1000_1000, fileOffset: 0, path: "/lib/\($0).so")
        }, .elf64Little))
    let bytes = builder.build().bytes
    let source = CountingSource(size: UInt64(bytes.count), [(0, bytes)])
    let inspection = try Inspection(of: source, Surroundings())
    #expect(inspection.modules.count == count)
    #expect(source.reads < 40 * count, "\(source.reads)")
  }

  @Test(
    "keeps the numbers of entries after one that lost its type, makes that anew, and undo gives it back"
  )
  func nullEntry() throws {
    var core = CoreBuilder.typical(threads: 2).build()
    let second = core.tableRange.lowerBound + 2 * 56
    // No kernel writes a PT_NULL: it is what is left of another entry.
    for index in 0..<4 { core.bytes[second + index] = 0 }
    let cut = core.cut(to: core.segmentRanges[4].lowerBound + 4096)
    let rendered = try RenderedRepair(cut)
    let plan = rendered.repair.plan
    #expect(plan.segments.lost.map(\.headerIndex) == [nil, 5])
    #expect(rendered.repair.report.lost.dropFirst().allSatisfy { $0.what.contains("memory") })
    let output = try ReferenceCore(rendered.bytes)
    #expect(output.segments.allSatisfy { $0.type != 0 })
    #expect(output.loads.count == 5)
    let folder = try ScratchFolder(in: .memory)
    let file = try folder.write(cut, to: "core")
    _ = try Repair.inPlace(file)
    _ = try Undo(file)
    #expect(try ReferenceSource.contents(of: file) == cut)
  }

  @Test("finds an entry by its number, whatever was left out before it")
  func numbers() throws {
    func entry(_ kind: ProgramHeader.Kind, _ address: UInt64) -> ProgramHeader {
      ProgramHeader(
        kind: kind, flags: [], fileOffset: 0, address: address, fileSize: 0, memorySize: 0,
        alignment: 0)
    }
    var table = HeaderTable()
    for (number, kind) in [.load, .load, .null, .load, .null, .null, .note].enumerated()
      as EnumeratedSequence<[ProgramHeader.Kind]>
    {
      table.append(entry(kind, UInt64(number)), number: number)
    }
    #expect(table.headers.map(\.address) == [0, 1, 3, 6])
    #expect(table.headers.indices.map(table.number) == [0, 1, 3, 6])
    #expect((0..<9).map { table[number: $0]?.address } == [0, 1, nil, 3, nil, nil, 6, nil, nil])
  }

  @Test("counts what survives of a range as its extents do")
  func surviving() {
    var random = SeededGenerator(seed: 4)
    var map = DamageMap(sizeFound: 900, sizeDue: 1000)
    map.lose(
      (0..<40).map { _ in
        let start = UInt64.random(in: 0..<950, using: &random)
        return DamageMap.Extent(range: start..<start + 7, cause: .named)
      })
    for _ in 0..<2000 {
      let start = UInt64.random(in: 0..<1050, using: &random)
      let range = start..<start + UInt64.random(in: 0..<200, using: &random)
      let extents = map.extents(in: range)
      #expect(map.surviving(in: range) == extents.total { $0.cause == nil ? $0.range.length : 0 })
      #expect(map.indices(in: range).count == extents.count)
      let end = map.survivingEnd(from: start)
      #expect(map.survives(start..<end) && !map.survives(end..<end + 1))
    }
  }
}
