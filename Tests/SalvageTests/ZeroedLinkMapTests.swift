import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A core in which pages that hold the dynamic linker's list of loaded objects read as zeros, as after a power loss.
@Suite("a list of loaded objects that reads as zeros", .needs(.kernelCores, .gcc, .gdb))
struct ZeroedLinkMapTests {
  @Test("is lost and made anew, whichever of its pages it is, and gdb has all frames again")
  func eachPage() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let bytes = try ReferenceSource.contents(of: crash.core.path)
    let whole = try Core(Intake(MemorySource(bytes)))
    let table = try #require(whole.process.auxiliaryVector?[.programHeaders])
    let places = LinkMapChain(ofProgramAt: table, whole.memory).places
    #expect(whole.verdict.isWhole && places.count > 8)
    let wanted = try FrameWalk(GDB(crash.core.path, program: crash.program))
    #expect(!wanted.threads.isEmpty)
    // Names alone, in pages of their own, may be anything.
    let size = LinkMap.size(in: whole.structure.format)
    let pages = Set(places.filter { $0.length >= size }.map { $0.lowerBound & ~4095 })
    for page in pages {
      let segment = try #require(whole.memory.segment(at: page))
      let offset = Int(segment.fileOffset + (page - segment.address))
      var wrong = bytes
      wrong.replaceSubrange(offset..<offset + 4096, with: repeatElement(0, count: 4096))
      let input = try folder.write(wrong, to: "wrong")
      let output = folder.file("out")
      var options = RepairOptions()
      options.force = true
      let report = try Repair(of: input, options: options).write(to: output).report
      #expect(!report.isWhole && report.memory.lost >= 4096, "\(page)")
      #expect(report.verdict.reasons.contains { $0.text.contains("list of loaded objects") })
      let found = try FrameWalk(GDB(output, program: crash.program))
      #expect(found.threads == wanted.threads && found.libraries == wanted.libraries, "\(page)")
    }
  }
}
