import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Blocks of a kernel's core that read as zeros, one by one, as after a power loss: those in which no process has zeros.
@Suite("a block of zeros in a core whose length is whole", .needs(.kernelCores, .gcc, .gdb))
struct ZeroedPageTests {
  private let folder: ScratchFolder
  private let crash: CrashProgram.Crash
  private let bytes: [UInt8]
  private let whole: Core

  init() throws {
    folder = try ScratchFolder()
    crash = try CrashProgram.threads.crash(in: folder)
    bytes = try ReferenceSource.contents(of: crash.core.path)
    whole = try Core(Intake(MemorySource(bytes)))
    #expect(whole.verdict.isWhole && whole.verdict.reasons.isEmpty)
  }

  /// The core with so many zeros in the place of an address.
  private func zeroed(_ address: UInt64, count: Int) throws -> [UInt8] {
    let segment = try #require(whole.memory.segment(at: address))
    let offset = Int(segment.fileOffset + (address - segment.address))
    var wrong = bytes
    #expect(wrong[offset..<offset + count].contains { $0 != 0 })
    wrong.replaceSubrange(offset..<offset + count, with: repeatElement(0, count: count))
    return wrong
  }

  private func isLost(_ address: UInt64, _ core: Core) -> Bool {
    !core.memory.has(.survived, in: address..<address + 1)
  }

  @Test("with the program's dynamic section is lost, and gdb has all libraries and frames again")
  func dynamicSection() throws {
    let table = try #require(whole.process.auxiliaryVector?[.programHeaders])
    let base = table & ~4095
    let headers = try #require(Candidate([], at: base, in: whole.memory).inCore)
    let dynamic = try #require(headers.dynamicRange(bias: base &- headers.firstAddress))
    let page = dynamic.lowerBound & ~4095
    let wanted = try FrameWalk(GDB(crash.core.path, program: crash.program))
    #expect(wanted.threads.count == 6 && !wanted.libraries.isEmpty)
    for (start, count) in [(page, 4096), (dynamic.lowerBound & ~511, 1024)] {
      let input = try folder.write(zeroed(start, count: count), to: "wrong")
      let output = folder.file("out")
      var options = RepairOptions()
      options.force = true
      let report = try Repair(of: input, options: options).write(to: output).report
      #expect(!report.isWhole && report.memory.lost >= UInt64(count))
      #expect(report.verdict.reasons.contains { $0.text.contains("The program's dynamic section") })
      #expect(!report.description.contains("no DT_DEBUG"), "\(report)")
      let found = try FrameWalk(GDB(output, program: crash.program))
      #expect(found.threads == wanted.threads && found.libraries == wanted.libraries)
    }
  }

  @Test("that an image begins with is lost, be it one sector of its header page")
  func headerSectors() throws {
    let files = try #require(whole.process.mappedFiles?.entries.filter { $0.fileOffset == 0 })
    #expect(files.count > 2)
    for file in files {
      for count in [512, 1024, 4096] {
        let core = try Core(
          Intake(MemorySource(zeroed(file.range.lowerBound, count: count))))
        #expect(!core.verdict.isWhole, "\(file) \(count)")
        let end = file.range.lowerBound + UInt64(count)
        #expect(isLost(file.range.lowerBound, core) && isLost(end - 1, core), "\(file) \(count)")
        #expect(count == 4096 || !isLost(end, core))
      }
    }
  }

  @Test("with the kernel's random bytes, the program's name or a control block is lost")
  func whatIsNeverZeros() throws {
    let auxiliary = try #require(whole.process.auxiliaryVector)
    let blocks = whole.process.threads.compactMap(\.controlBlock)
    #expect(blocks.count == 6)
    let places = try [#require(auxiliary[.random]), #require(auxiliary[.executableName])] + blocks
    for place in places {
      let core = try Core(Intake(MemorySource(zeroed(place & ~4095, count: 4096))))
      #expect(!core.verdict.isWhole && isLost(place, core), "\(String(place, radix: 16))")
    }
  }

  @Test("at a thread's stack pointer, with more behind it, is told of as a doubt")
  func stackPointers() throws {
    var seen = 0
    for thread in whole.process.threads {
      let pointer = try #require(thread.stackPointer)
      let page = pointer & ~4095
      let segment = try #require(whole.memory.segment(at: pointer))
      let isTold =
        page >= segment.address && page + 4096 < segment.dumpedEnd
        && whole.memory.readable(at: page + 4096, count: 512).contains { $0 != 0 }
        && thread.controlBlock.map { $0 >= page + 4096 || $0 < page } ?? true
      guard isTold else { continue }
      seen += 1
      let reasons = try Core(Intake(MemorySource(zeroed(page, count: 4096)))).verdict.reasons
      #expect(
        reasons.contains {
          $0.text.contains("stack pointer") && $0.text.contains("\(thread.id)") && !$0.isDamage
        }, "\(thread.id): \(reasons)")
    }
    #expect(seen > 0)
  }
}
