import Salvage
import SystemPackage
import TestSupport
import Testing

/// Notes of a core of full length whose bytes were changed.
@Suite("a damaged note")
struct NoteDamageTests {
  private func repaired(_ bytes: [UInt8], in folder: ScratchFolder) throws -> ReferenceCore {
    let core = try repairedAgain(bytes, in: folder)
    #expect(try core.contradictions() == [])
    return core
  }

  /// A core that has notes of ours already keeps them, and has those of both repairs.
  private func repairedAgain(_ bytes: [UInt8], in folder: ScratchFolder) throws -> ReferenceCore {
    let path = try folder.write(bytes, to: "in")
    var options = RepairOptions()
    options.force = true
    let output = folder.file("out")
    let written = try Repair(of: path, options: options).write(to: output)
    #expect(!written.report.isWhole)
    #expect(try Inspection(of: path).isWhole == written.report.isWhole)
    return try ReferenceCore(contentsOf: output)
  }

  private static func own(_ core: ReferenceCore) -> [[UInt8]] {
    core.notes.filter { $0.owner != "CORESALVAGE" }.map(\.descriptor)
  }

  private static func store(
    _ value: UInt32, _ bytes: inout [UInt8], at offset: Int, _ format: ReferenceFormat
  ) {
    var writer = FieldWriter(format)
    writer.word(value)
    bytes.replaceSubrange(offset..<offset + 4, with: writer.bytes)
  }

  @Test(
    "of the first thread leaves none that is said to have crashed, before the repair and after it")
  func firstThread() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical(threads: 3).build()
    var bytes = core.bytes
    let whole = try Inspection(of: folder.write(bytes, to: "whole"))
    #expect(whole.report.isFirstThreadKnown)
    for index in core.noteRanges[0] { bytes[index] = 0 }
    let damaged = try folder.write(bytes, to: "damaged")
    #expect(try Inspection(of: damaged).report.writer == .unknown)
    var options = RepairOptions()
    options.force = true
    _ = try Repair(of: damaged, options: options).write(to: folder.file("repaired"))
    for path in [damaged, folder.file("repaired")] {
      let inspection = try Inspection(of: path)
      #expect(inspection.threads.map(\.id) == [4243, 4244], "\(path)")
      #expect(!inspection.report.isFirstThreadKnown, "\(path)")
    }
    _ = try Repair(of: folder.file("whole"), options: options).write(to: folder.file("again"))
    #expect(try Inspection(of: folder.file("again")).report.isFirstThreadKnown)
  }

  @Test(
    "by its size costs that note alone, and no other is taken for one",
    arguments: BuilderMachine.all)
  func size(machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical(machine)
    let core = builder.build()
    for (index, range) in core.noteRanges.enumerated() {
      let size = UInt32(builder.notes[index].descriptor.count)
      for wrong in [0x7fff_ffff, 0, 16, size - 4, size + 4, size + 200] {
        var bytes = core.bytes
        Self.store(wrong, &bytes, at: range.lowerBound + 4, machine.format)
        let result = try repaired(bytes, in: folder)
        var expected = builder.notes.map(\.descriptor)
        expected.remove(at: index)
        #expect(Self.own(result) == expected, "\(machine): note \(index) of \(wrong) bytes")
        let lost = try #require(try result.lost()?.entries)
        #expect(lost.allSatisfy { $0.cause == 8 && $0.address == 0 })
        #expect(lost.reduce(0) { $0 + Int($1.length) } == range.count)
      }
    }
  }

  @Test(
    "of a thread by any one bit of its owner or type is told, and no thread is said to have ended")
  func ownerAndType() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 3)
    let threads = builder.notes.indices.filter { builder.notes[$0].type == ReferenceNote.prstatus }
    for index in threads.reversed() {
      let registers = [
        BuilderNote("CORE", 2, [UInt8](repeating: 7, count: 512)),
        BuilderNote("LINUX", 0x202, [UInt8](repeating: 7, count: 832)),
      ]
      builder.notes.insert(contentsOf: registers, at: index == 0 ? 2 : index + 1)
    }
    let core = builder.build()
    #expect(try Inspection(of: folder.write(core.bytes, to: "in")).isWhole)
    for (note, range) in zip(builder.notes, core.noteRanges)
    where note.type == ReferenceNote.prstatus {
      for bit in 64..<8 * 17 {
        var bytes = core.bytes
        bytes[range.lowerBound + bit / 8] ^= 1 << (bit % 8)
        let inspection = try Inspection(of: folder.write(bytes, to: "in"))
        #expect(!inspection.isWhole, "\(range.lowerBound), bit \(bit)")
        #expect(!inspection.findings.contains { "\($0)".contains("had ended") })
        #expect([.linux, .unknown].contains(inspection.report.writer))
      }
    }
  }

  @Test("and odd bytes at the end of the notes are left out", .needs(.gdb))
  func oddEnd() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    var core = builder.build()
    // The PT_NOTE is four bytes longer than its notes; padding up to the page was there.
    let size = core.notesRange.count + 4
    Self.store(
      UInt32(size), &core.bytes, at: core.tableRange.lowerBound + 32, builder.machine.format)
    core.bytes.replaceSubrange(
      core.notesRange.upperBound..<core.notesRange.upperBound + 4, with: [1, 2, 3, 4])
    let result = try repaired(core.bytes, in: folder)
    #expect(Self.own(result) == builder.notes.map(\.descriptor))
    #expect(try !GDB(folder.file("in")).view().opensCleanly)
    #expect(try GDB(folder.file("out")).view().threads.count == 3)
  }

  @Test("is none where the PT_NOTE alone is of a wrong size: all are found")
  func segmentSize() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical(threads: 5)
    let core = builder.build()
    let size = core.notesRange.count
    for wrong in [size - 100, 400, 1 << 20, 0x7fff_ffff] {
      var bytes = core.bytes
      Self.store(UInt32(wrong), &bytes, at: core.tableRange.lowerBound + 32, builder.machine.format)
      let result = try repaired(bytes, in: folder)
      #expect(Self.own(result) == builder.notes.map(\.descriptor), "PT_NOTE of \(wrong) bytes")
      let reasons = try Repair(of: folder.file("in")).report.verdict.reasons
      #expect(reasons.contains { $0.kind == .notes && $0.text.contains("PT_NOTE") })
      // All memory is there, whatever the notes are said to reach over.
      #expect(result.loads.filter { $0.fileSize > 0 }.count == 4)
    }
  }

  @Test("or a program header that was zeroed is told, and what the others name is kept")
  func zeroedHeaders() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let core = builder.build()
    let start = core.tableRange.lowerBound
    for (zeroed, loads) in [(0..<1, 4), (3..<4, 3), (2..<5, 2), (0..<5, 1)] {
      var bytes = core.bytes
      let range = start + 56 * zeroed.lowerBound..<start + 56 * zeroed.upperBound
      bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
      let result = try repaired(bytes, in: folder)
      #expect(result.threadIDs == [4242, 4243, 4244], "entries \(zeroed)")
      #expect(result.loads.filter { $0.fileSize > 0 }.count == loads, "entries \(zeroed)")
      let lost = try #require(try result.lost()?.entries)
      #expect(
        lost.contains { $0.offset == UInt64(range.lowerBound) && $0.length == UInt64(range.count) })
      let reasons = try Repair(of: folder.file("in")).report.verdict.reasons
      #expect(
        reasons.contains {
          $0.kind == .table && $0.text.hasPrefix("\(zeroed.count) of the program")
        })
      // What we write is no such core.
      #expect(
        try !Repair(of: folder.file("out")).report.verdict.reasons.contains { $0.kind == .table })
    }
  }

  @Test("that was zeroed with its block is lost, and with it the registers that nothing owns")
  func zeroedBlock() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 12)
    let registers = BuilderNote("CORE", 2, [UInt8](repeating: 7, count: 512))
    builder.notes = builder.notes.flatMap { $0.type == 1 ? [$0, registers] : [$0] }
    let core = builder.build()
    var bytes = core.bytes
    bytes.replaceSubrange(4096..<8192, with: [UInt8](repeating: 0, count: 4096))
    let result = try repaired(bytes, in: folder)
    var expected: [[UInt8]] = []
    var isOwned = false
    for (note, range) in zip(builder.notes, core.noteRanges) {
      let survives = !range.overlaps(4096..<8192)
      if note.type == 1 { isOwned = survives }
      if survives, isOwned || note.type == 3 { expected.append(note.descriptor) }
    }
    #expect(expected.count > 8)
    #expect(Self.own(result) == expected)
  }

  @Test(
    "that ends in the zeros in which the next one begins is lost with it, wherever they begin in it"
  )
  func zeroedEnd() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 4)
    let registers = BuilderNote("CORE", 2, [UInt8](repeating: 7, count: 512))
    let vector = BuilderNote.auxiliaryVector(
      [(6, 4096), (3, 0x40_0040), (25, 0x7ff0_0010)], builder.machine.format)
    let threads = (0..<4).map {
      BuilderNote.thread(
        4242 + $0, registers: [UInt64](repeating: 9, count: 27), of: builder.machine)
    }
    let process = builder.notes[1]
    builder.notes =
      [threads[0], process, vector, registers] + threads.dropFirst().flatMap { [$0, registers] }
    let core = builder.build()
    for index in builder.notes.indices.dropLast() {
      let (note, next) = (core.noteRanges[index], core.noteRanges[index + 1])
      let size = builder.notes[index].descriptor.count
      let starts = [size, size - 4, size / 2].map { note.upperBound - $0 / 4 * 4 }
      for (start, end) in starts.flatMap({ start in
        [12, 20, 40].map { (start, next.lowerBound + $0) }
      }) {
        var bytes = core.bytes
        bytes.replaceSubrange(start..<end, with: [UInt8](repeating: 0, count: end - start))
        let result = try repaired(bytes, in: folder)
        var expected: [[UInt8]] = []
        var isOwned = false
        for (note, range) in zip(builder.notes, core.noteRanges) {
          let survives = !range.overlaps(start..<end)
          if note.type == 1 { isOwned = survives }
          if survives, isOwned || note.type != 2 { expected.append(note.descriptor) }
        }
        #expect(Self.own(result) == expected, "note \(index), zeros in \(start..<end)")
      }
    }
  }

  @Test("of a thread has an id where Linux or gdb wrote it, and may have none in others' cores")
  func noID() throws {
    let folder = try ScratchFolder(in: .memory)
    func inspected(_ builder: CoreBuilder, without id: Int32?) throws -> Inspection {
      var builder = builder
      for (index, note) in builder.notes.enumerated()
      where note == .thread(id ?? 0, signal: 0, of: builder.machine) {
        builder.notes[index] = .thread(0, of: builder.machine)
      }
      return try Inspection(of: folder.write(builder.build().bytes, to: "core"))
    }
    for machine in BuilderMachine.all {
      let linux = CoreBuilder.typical(machine)
      var gcore = CoreBuilder.typical(machine, layout: .gcore)
      gcore.notes.swapAt(0, 1)
      for builder in [linux, gcore] {
        #expect(try inspected(builder, without: nil).isWhole, "\(machine)")
        let inspection = try inspected(builder, without: 4243)
        #expect(inspection.threads.map(\.id) == [4242, 4244], "\(machine)")
        #expect(!inspection.isWhole)
      }
    }
    var valgrind = CoreBuilder.typical()
    valgrind.notes = [valgrind.notes[1], .thread(4242, signal: 0, of: valgrind.machine)]
    #expect(try inspected(valgrind, without: 4242).threads.map(\.id) == [0])
    #expect(try inspected(valgrind, without: 4242).isWhole)
    var guest = CoreBuilder.typical()
    guest.notes.remove(at: 1)
    guest.notes.append(BuilderNote("QEMU", 0, [UInt8](repeating: 1, count: 432)))
    let processors = try inspected(guest, without: 4243)
    #expect(processors.threads.map(\.id) == [4242, 0, 4244] && processors.isWhole)
  }

  @Test("of mapped files that was changed inside is not believed")
  func nonsense() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical()
    let format = builder.machine.format
    let mappings = (0..<4).map { index in
      ReferenceMapping(
        range: 0x40_0000 + UInt64(index) * 4096..<0x40_1000 + UInt64(index) * 4096, fileOffset: 0,
        path: "/lib/\(index).so")
    }
    builder.notes.insert(.files(mappings, format), at: 2)
    let core = builder.build()
    let start = core.noteRanges[2].lowerBound + 20
    // The count, an entry's end, a name's NUL.
    for (offset, byte) in [(0, UInt8(9)), (24, 0), (16 + 4 * 24 + 9, 0x41)] {
      var bytes = core.bytes
      bytes[start + offset] = byte
      if offset == 24 {
        bytes.replaceSubrange(start + 16..<start + 40, with: [UInt8](repeating: 0, count: 24))
      }
      let result = try repaired(bytes, in: folder)
      #expect(!result.notes.contains { $0.type == ReferenceNote.file && $0.owner == "CORE" })
      #expect(result.threadIDs.count == 3)
    }
  }

  @Test("has no note inside it")
  func forged() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 4)
    var forged = FieldWriter(builder.machine.format)
    for word in [5, 128, 0x5349_4749] as [UInt32] { forged.word(word) }
    forged.raw(Array("CORE\0\0\0\0".utf8) + [UInt8](repeating: 1, count: 128))
    // A thread whose registers are a note that ends where the thread's does.
    let size = builder.notes[3].descriptor.count
    builder.notes[3].descriptor.replaceSubrange(
      size - forged.bytes.count..<size, with: forged.bytes)
    let core = builder.build()
    var bytes = core.bytes
    Self.store(0x7fff_ffff, &bytes, at: core.noteRanges[3].lowerBound + 4, builder.machine.format)
    let result = try repaired(bytes, in: folder)
    #expect(!result.notes.contains { $0.type == 0x5349_4749 })
    #expect(result.threadIDs.count == 3)
  }

  @Test("and the tail's damage never cost a repaired core more than its original")
  func recut() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical(threads: 9).build()
    let once = try repaired(core.cut(to: core.bytes.count - 4096), in: folder)
    let all = try ReferenceSource.contents(of: folder.file("out"))
    let threads = once.threadIDs
    let ends = once.notes.map { Int($0.range.upperBound) }
    for end in ends {
      for size in [end - 1, end, end + 1] where size < all.count {
        let again = try repairedAgain(Array(all[..<size]), in: folder)
        #expect(again.threadIDs == threads, "cut to \(size)")
      }
    }
  }

  @Test(
    "by a transfer as text costs what stands at a wrong place, and it is said how to take that back"
  )
  func textMode() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build()
    let memory = core.segmentRanges[0].lowerBound
    var bytes = core.cut(to: memory)
    for byte in core.bytes[memory...] {
      if byte == 0x0a { bytes.append(0x0d) }
      bytes.append(byte)
    }
    let result = try repaired(bytes, in: folder)
    #expect(result.threadIDs.count == 3)
    let report = try Repair(of: folder.file("in")).report
    #expect(report.verdict.reasons.contains { $0.kind == .text && $0.text.contains("sed") })
    let first = try #require(core.bytes[memory...].firstIndex(of: 0x0a))
    #expect(report.memory.survived <= UInt64(first - memory))
  }

  @Test("by a transfer as text is told where its first line feeds come late, too")
  func lateLineFeeds() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical(threads: 1)
    // Further than a core of the right length is searched.
    let silent = [UInt8](repeating: 7, count: 17 << 20)
    builder.segments.insert(BuilderSegment(at: 0x0200_0000, silent), at: 2)
    builder.segments[4].address = 0x0800_0000
    var core = builder.build().bytes
    for index in core.indices.prefix(4096) where core[index] == 0x0a { core[index] = 0x0b }
    let start = try #require(builder.build().segmentRanges.last).lowerBound
    var bytes = core.prefix(start).map { $0 == 0x0a ? 0x0b : $0 }
    for byte in core[start...] {
      if byte == 0x0a { bytes.append(0x0d) }
      bytes.append(byte)
    }
    let path = try folder.write(bytes, to: "in")
    let report = try Repair(of: path).report
    #expect(report.verdict.reasons.contains { $0.kind == .text })
    let first = try #require(core[start...].firstIndex(of: 0x0a))
    #expect(report.memory.survived <= UInt64(first))
  }
}
