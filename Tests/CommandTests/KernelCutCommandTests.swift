import SystemPackage
import Testing
import TestSupport

/// The real command on cuts of a kernel-written core of over 40 MB, with gdb and eu-readelf as judges.
@Suite("the command on a kernel's core")
struct KernelCutCommandTests {
  /// Sizes to cut the large core to: in each of its parts, and at random.
  private static func cuts(_ whole: ReferenceCore, seed: UInt64) -> [UInt64] {
    var random = SeededGenerator(seed: seed)
    let head = whole.noteSegments[0].fileRange
    let notes = random.sample(3, of: head.lowerBound + 400..<head.upperBound)
    return notes + random.sample(5, of: head.upperBound..<whole.source.length)
  }

  @Test(
    "keeps every thread, byte and note that survived; gdb and eu-readelf agree",
    .needs(.kernelCores, .gcc, .gdb, .tool("eu-readelf")),
    arguments: 0..<3 as Range<UInt64>)
  func cutsOfLargeCore(seed: UInt64) throws {
    let core = try SharedCores.large()
    let whole = try core.reference
    let folder = try ScratchFolder(in: .memory)
    for size in Self.cuts(whole, seed: seed) {
      let input = try core.cut(at: size, in: folder)
      let output = folder.file("out")
      let result = try Tool.coresalvage(input.string, output.string, "--force").run()
      try #require(result.ending == .exit(0), "cut to \(size): \(result)")
      let repaired = try ReferenceCore(contentsOf: output)
      let problems = try CutVerdict.problems(of: repaired, from: whole, cutTo: size)
      #expect(problems.isEmpty, "cut to \(size): \(problems)")
      try askJudges(output, core, whole, size)
      FileTree.remove(input)
    }
  }

  private func askJudges(
    _ output: FilePath, _ core: KernelCore, _ whole: ReferenceCore, _ size: UInt64
  ) throws {
    let expected = try CutExpectation(of: whole, cutTo: size)
    let complaints = try EUReadelf.complaints(output)
    #expect(complaints.isEmpty, "cut to \(size), eu-readelf: \(complaints)")
    let lost = expected.lost.filter { $0.flags & 2 != 0 }
    // gdb serves lost memory of files from the files on disk: those are not ours to judge.
    let anonymous = try lost.filter { loss in
      try !whole.mappings().contains { $0.range.overlaps(loss.range) }
    }
    let kept = expected.surviving.map(\.upperBound).map { $0 - 1 }
    let view = try GDB(output, program: core.program)
      .view(reading: kept + anonymous.map(\.address) + anonymous.map { $0.range.upperBound - 1 })
    #expect(view.complaints.isEmpty, "cut to \(size), gdb: \(view.complaints)")
    #expect(Set(view.threads) == Set(expected.threads.map(\.id)), "cut to \(size)")
    for address in kept {
      let byte = try whole.bytes(at: address, count: 1)[0]
      #expect(view.memory[address] == .some(byte), "cut to \(size), \(address)")
    }
    for loss in anonymous {
      #expect(view.memory[loss.address] == .some(nil), "cut to \(size): lost \(loss) reads back")
      #expect(view.memory[loss.range.upperBound - 1] == .some(nil), "cut to \(size): \(loss)")
    }
  }

  @Test("keeps holes as holes, and makes holes of dense zeros", .needs(.kernelCores, .gcc))
  func holes() throws {
    let core = try SharedCores.large()
    let size = try core.size - 4096
    let folder = try ScratchFolder(in: .memory)
    let sparse = try core.cut(at: size, in: folder)
    let output = folder.file("out")
    try Tool.coresalvage(sparse.string, output.string).runSuccessfully()
    #expect(try FileTree.allocated(output) <= FileTree.allocated(sparse) + (64 << 10))

    let dense = folder.file("dense")
    try Tool("cp", ["--sparse=never", sparse.string, dense.string]).runSuccessfully()
    for (option, isFewer) in [("always", true), ("never", false)] {
      try Tool.coresalvage(dense.string, output.string, "--force", "--sparse", option)
        .runSuccessfully()
      let allocated = try FileTree.allocated(output)
      #expect((allocated < (try FileTree.allocated(dense)) - (1 << 20)) == isFewer, "\(option)")
      if option == "never" { #expect(allocated >= size) }
    }
    try Tool.coresalvage(sparse.string, output.string, "--force", "--sparse", "never")
      .runSuccessfully()
    #expect(try FileTree.allocated(output) >= size)
  }
}
