import CoreIO
import CoreModel
import ELFCore
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("Where saved memory goes")
struct SavedLayoutTests {
  private static func structure(_ machine: BuilderMachine) throws -> CoreStructure {
    try Probe.structure(of: MemorySource(CoreBuilder.typical(machine).build().bytes))
  }

  @Test("is where the kernel puts it, unless more is wanted", arguments: BuilderMachine.all)
  func kernel(_ machine: BuilderMachine) throws {
    let structure = try Self.structure(machine)
    let layout = SavedLayout(structure, { _ in false })
    #expect(layout.segments == structure.programHeaders)
    #expect(layout.numbers == (0..<6).map { UInt32($0) })
  }

  @Test(
    "is behind all that, for what the kernel leaves to the files", arguments: BuilderMachine.all)
  func complete(_ machine: BuilderMachine) throws {
    let structure = try Self.structure(machine)
    let due = try #require(structure.sizeDue)
    let layout = SavedLayout(structure, { !$0.flags.contains(.write) })
    #expect(layout.numbers == [0, 1, nil, 3, 4, 5])
    let code = layout.segments[2]
    #expect(code.address == 0x40_1000 && code.fileSize == 0x3000 && code.memorySize == 0x3000)
    #expect(code.fileOffset >= due && code.fileOffset % 4096 == 0)
  }

  @Test("a segment that is dumped in part has its rest behind, and both are one memory")
  func part() throws {
    var builder = CoreBuilder.typical()
    builder.segments[0].memorySize = 3 * 4096
    builder.segments[1].address += 2 * 4096
    let structure = try Probe.structure(of: MemorySource(builder.build().bytes))
    let layout = SavedLayout(structure, { !$0.flags.contains(.write) })
    #expect(layout.numbers == [0, 1, nil, nil, 3, 4, 5])
    let (first, rest) = (layout.segments[1], layout.segments[2])
    #expect(first.memoryEnd == rest.address && first.fileSize == first.memorySize)
    #expect(rest.memoryEnd == 0x40_3000 && rest.fileSize == 2 * 4096)
    let places = layout.segments.filter { $0.kind == .load && $0.fileSize > 0 }
      .sorted { $0.fileOffset < $1.fileOffset }
    for (one, next) in zip(places, places.dropFirst()) {
      #expect((one.fileEnd ?? .max) <= next.fileOffset)
    }
  }

  @Test("of a hostile size stays the kernel's")
  func hostile() throws {
    var builder = CoreBuilder.typical()
    builder.segments[1].memorySize = 1 << 63
    builder.segments[1].address = 0x8000_0000
    let structure = try Probe.structure(of: MemorySource(builder.build().bytes))
    let layout = SavedLayout(structure, { _ in true })
    #expect(layout.segments == structure.programHeaders)
  }

  @Test("what is saved beyond the kernel's is no loss where it is missing, and shown as not dumped")
  func missing() throws {
    let folder = try ScratchFolder(in: .memory)
    let built = CoreBuilder.typical().build()
    let file = try WatchedFile(folder.file("core"))
    let head = try KernelStream.head(built.bytes[..<built.notesRange.upperBound], into: file)
    let core = try GrowingCore(
      file, head.structure, threads: 3, noteRoom: 64 << 10,
      saveWhole: { !$0.flags.contains(.write) })
    let index = try #require(core.segments.firstIndex { $0.address == 0x40_1000 })
    let page = [UInt8](repeating: 0x90, count: 4096)
    try page.withUnsafeBytes { try core.save($0, at: 0x40_2000, of: index) }
    for isFinished in [false, true] {
      if isFinished {
        try core.finish(StoreSamples.record(), .gone)
      } else {
        try core.publish(StoreSamples.record())
        try file.takeName()
      }
      let found = try ReferenceCore(contentsOf: file.path)
      #expect(try found.wholeBytes(at: 0x40_2000, count: 4096) == page)
      #expect(found.undumpedRanges == [0x40_1000..<0x40_2000, 0x40_3000..<0x40_4000])
      let lost = try #require(try found.lost()).entries
      #expect(!lost.contains { $0.range.contains(0x40_1000) || $0.range.contains(0x40_3000) })
    }
  }
}
