import CoreIO
import Salvage
import SalvageBatch
import SystemPackage
import TestSupport
import Testing

/// What the report says of a core, in words a tired person understands.
@Suite("a report")
struct ReportTests {
  /// A process with a main thread's stack, a second thread's, a library, a heap and a vdso.
  private static func core(library: String = "/lib/libc.so.6") -> BuiltCore {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder(machine)
    func registers(sp: UInt64) -> [UInt64] {
      var registers = [UInt64](repeating: 0, count: machine.registerCount)
      registers[machine.programCounter] = 0x40_1234
      registers[machine.stackPointer] = sp
      return registers
    }
    builder.notes = [
      .thread(100, signal: 6, registers: registers(sp: 0x7ffd_0000_1800), of: machine),
      .process(100, name: "shop", arguments: "shop --open", of: machine),
      .auxiliaryVector([(9, 0x40_1000), (33, 0x7fff_0000_0000)], machine.format),
      .files(
        [
          ReferenceMapping(range: 0x40_0000..<0x40_2000, fileOffset: 0, path: "/usr/bin/shop"),
          ReferenceMapping(
            range: 0x7f00_0000_0000..<0x7f00_0000_1000, fileOffset: 0, path: library),
        ], machine.format),
      .thread(101, registers: registers(sp: 0x7f10_0000_0900), of: machine),
    ]
    let page = [UInt8](repeating: 7, count: 4096)
    let vdso = Array("\u{7f}ELF".utf8) + page.dropFirst(4)
    builder.segments = [
      BuilderSegment(at: 0x40_0000, flags: BuilderSegment.read, page),
      BuilderSegment(at: 0x40_4000, page),  // heap
      BuilderSegment(at: 0x7f00_0000_0000, page),  // libc's data
      BuilderSegment(at: 0x7f10_0000_0000, page),  // stack of 101
      BuilderSegment(at: 0x7ffd_0000_1000, page),  // main stack
      BuilderSegment(at: 0x7fff_0000_0000, flags: BuilderSegment.read, vdso),  // vdso
      BuilderSegment(at: 0x7fff_8000_0000, page),
    ]
    return builder.build()
  }

  @Test("names what was lost: stacks, a library's data, the heap, the vdso")
  func names() throws {
    let core = Self.core()
    let repair = try Repair(
      of: MemorySource(core.cut(to: core.segmentRanges[1].lowerBound)), options: .init())
    #expect(
      repair.report.lost.map(\.what) == [
        "heap", "libc.so.6 data", "the stack of thread 101", "the main thread's stack", "vdso",
        "anonymous memory",
      ])
    #expect(repair.report.program == Array("/usr/bin/shop".utf8))
    #expect(repair.report.signal?.number == 6 && repair.report.processID == 100)
    #expect(repair.report.threads.map(\.id) == [100, 101])
    #expect(repair.report.threads.map(\.programCounter) == [0x40_1234, 0x40_1234])
    let text = repair.report.description
    for words in ["/usr/bin/shop, x86-64, pid 100, ended by SIGABRT", "2 threads", "1 of 7"] {
      #expect(text.contains(words), "no \(words) in \(text)")
    }
    let stack = try #require(text.firstRange(of: "stack"))
    let library = try #require(text.firstRange(of: "libc.so.6"))
    #expect(stack.lowerBound < library.lowerBound, "stacks come first")
  }

  @Test("takes a stack for one by what it was: a library's name makes none of its data")
  func stacksByKind() throws {
    let core = Self.core(library: "/lib/the stack")
    let folder = try ScratchFolder()
    let input = try folder.write(core.bytes, to: "core")
    for (segment, isStack) in [(1, false), (2, false), (3, true), (4, true), (5, false)] {
      let range = core.segmentRanges[segment]
      var options = RepairOptions()
      options.intake.lostRanges = [UInt64(range.lowerBound)..<UInt64(range.upperBound)]
      var record = BatchRecord("core", .repaired)
      record.report = try Repair(of: input, options: options).report
      var tally = BatchTally()
      tally.add(record)
      let what = record.report?.lost.map(\.what)
      #expect(what?.count == 1 && tally.stacksLost == (isStack ? 1 : 0), "\(what ?? [])")
    }
    // The library's name is no reason to tell of it first either.
    let cut = core.cut(to: core.segmentRanges[2].lowerBound)
    let text = try Repair(of: MemorySource(cut), options: .init()).report.description
    let stack = try #require(text.firstRange(of: "the stack of thread 101"))
    let library = try #require(text.firstRange(of: "the stack data"))
    #expect(stack.lowerBound < library.lowerBound, "\(text)")
  }

  @Test("counts what survived, byte by byte", arguments: [1, 4095, 4096, 4097])
  func counts(kept: Int) throws {
    let core = Self.core()
    let cut = core.cut(to: core.segmentRanges[2].lowerBound + kept)
    let report = try Repair(of: MemorySource(cut), options: .init()).report
    #expect(report.memory.size == 7 * 4096)
    #expect(report.memory.survived == UInt64(2 * 4096 + kept))
    #expect(report.segmentsWhole == (kept < 4096 ? 2 : 3))
    #expect(report.segmentsWhole + report.segmentsPartial + report.segmentsLost == 7)
    #expect(report.sizeFound == UInt64(cut.count) && report.sizeDue == UInt64(core.dueSize))
    #expect(report.lost.reduce(0) { $0 + $1.range.length } == UInt64(core.dueSize - cut.count))
  }

  @Test("says that threads may be lost with the notes")
  func lostNotes() throws {
    let core = Self.core()
    let cut = core.cut(to: core.noteRanges[4].lowerBound + 20)
    let report = try Repair(of: MemorySource(cut), options: .init()).report
    #expect(report.threads.map(\.id) == [100])
    #expect(report.notesLost > 0)
    #expect(report.description.contains("1 thread, registers saved; more may be lost"))
  }

  @Test("of a core whose process notes are lost calls the program unknown")
  func unknownProgram() throws {
    let core = Self.core()
    let cut = core.cut(to: core.noteRanges[0].upperBound)
    let report = try Repair(of: MemorySource(cut), options: .init()).report
    #expect(report.program == nil && report.description.contains("unknown"))
  }

  @Test("of a whole core says that it is whole")
  func whole() throws {
    let report = try Repair(of: MemorySource(Self.core().bytes), options: .init()).report
    #expect(report.isWhole && report.description.contains("memory: whole"))
    #expect(report.description.contains("28.6 kB in 7 segments"))
  }
}
