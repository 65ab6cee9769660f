import SystemPackage
import Testing
import TestSupport

/// The real command on built cores of every machine: what it writes is what the library plans.
@Suite("the command on a core of any machine")
struct MachineTests {
  @Test(
    "writes what survived, densely or with holes", arguments: BuilderMachine.all,
    ["auto", "always", "never"])
  func everyMachine(machine: BuilderMachine, sparse: String) throws {
    for layout in CoreBuilder.Layout.allCases {
      var builder = CoreBuilder.typical(machine, layout: layout)
      builder.segments.insert(
        BuilderSegment(at: 0x0800_0000, [UInt8](repeating: 0, count: 40 * 4096)), at: 4)
      let core = builder.build()
      let whole = try ReferenceCore(core.bytes)
      let folder = try ScratchFolder(in: .memory)
      let memory = core.segmentRanges[5]
      for size in [
        memory.upperBound - 1, memory.lowerBound + 4097, core.segmentRanges[4].lowerBound + 20_001,
      ] {
        let input = try folder.write(core.cut(to: size), to: "in")
        let output = folder.file("out")
        let result = try Tool.coresalvage(
          input.string, output.string, "--force", "--sparse", sparse
        ).run()
        try #require(result.ending == .exit(0), "\(result)")
        let repaired = try ReferenceCore(contentsOf: output)
        let problems = try CutVerdict.problems(of: repaired, from: whole, cutTo: UInt64(size))
        #expect(problems.isEmpty, "\(layout), cut to \(size): \(problems)")
        #expect(result.text.contains(machine.name == "mips" ? "mips" : machine.name), "\(result)")
      }
    }
  }

  @Test(
    "leaves out the hole with --extend none, and everything else is the same",
    arguments: BuilderMachine.all)
  func withoutHole(machine: BuilderMachine) throws {
    let core = CoreBuilder.typical(machine).build()
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(core.cut(to: core.segmentRanges[2].lowerBound + 4097), to: "in")
    try Tool.coresalvage(input.string, folder.file("due").string).runSuccessfully()
    try Tool.coresalvage(input.string, folder.file("none").string, "--extend", "none")
      .runSuccessfully()
    let due = try ReferenceCore(contentsOf: folder.file("due"))
    let none = try ReferenceCore(contentsOf: folder.file("none"))
    #expect(none.source.length < due.source.length)
    #expect(try MemoryComparison(due, none).isEqual)
    #expect(try due.lost() == none.lost())
  }
}
