import SystemPackage
import Testing
import TestSupport

/// Real cut cores of many causes and machines, judged by gdb, gdb-multiarch and eu-readelf.
@Suite("a sample")
struct SampleTests {
  @Test(
    "of another machine, cut at several places, is opened by gdb-multiarch",
    .needs(.multiarchGDB, .tool("eu-readelf")),
    arguments: SampleCores.machineNames)
  func machine(name: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let sample = try SampleCores.machine(name, into: folder)
    let whole = try ReferenceCore(contentsOf: sample.core)
    let notes = try #require(whole.noteSegments.first)
    let threads = whole.notes.filter { $0.owner == "CORE" && $0.type == ReferenceNote.prstatus }
    let firstThread = try #require(threads.first).range.upperBound
    let size = whole.source.length
    let memory = try #require(whole.loads.filter { $0.fileSize > 0 }.map(\.offset).min())
    let middle = (memory + size) / 2
    for cut in Set([firstThread, notes.fileRange.upperBound - 1, memory + 4097, middle, size - 1]) {
      let input = folder.file("cut-\(cut)")
      try SparseCopy.copy(sample.core, to: input, size: cut)
      let output = try #require(
        try check(input, in: folder, isForeign: true, program: sample.program))
      let problems = try CutVerdict.problems(of: output, from: whole, cutTo: cut)
      #expect(problems.isEmpty, "cut to \(cut): \(problems)")
    }
  }

  @Test(
    "of a cut core is repaired, and gdb and eu-readelf have nothing to say",
    .needs(.gdb, .tool("eu-readelf")), arguments: SampleCores.fixtureNames)
  func fixture(name: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try SampleCores.fixture(name, into: folder)
    try check(input, in: folder, isForeign: false, program: nil)
  }

  /// Repairs a core, and holds the result against what its own headers tell and what the judges say.
  @discardableResult
  private func check(
    _ input: FilePath, in folder: ScratchFolder, isForeign: Bool, program: FilePath?
  ) throws -> ReferenceCore? {
    let output = folder.file("\(input.lastComponent?.string ?? "core").out")
    let before = try FileTree.status(input)
    // The names of those that were cut before the first thread's registers.
    let isHopeless = ["fsize-table", "rlimit-table"].contains {
      input.string.hasSuffix("\($0).core")
    }
    let result = try Tool.coresalvage(input.string, output.string).run()
    if isHopeless {
      #expect(result.ending == .exit(2) && result.errorText.contains("beyond repair"), "\(result)")
      #expect(!FileTree.exists(output))
      return nil
    }
    try #require(result.ending == .exit(0), "\(result)")
    let after = try FileTree.status(input)
    #expect(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_size == after.st_size)
    let core = try ReferenceCore(contentsOf: output)
    if result.text.contains(": whole") {
      #expect(try Tool("cmp", [input.string, output.string]).run().ending == .exit(0))
    } else {
      #expect(try core.contradictions().isEmpty)
      try undo(core, into: folder, compareWith: input)
    }
    #expect(!core.threads.isEmpty)
    try judge(output, core, isForeign: isForeign, program: program)
    let again = folder.file("again")
    try Tool.coresalvage(output.string, again.string).runSuccessfully()
    #expect(try Tool("cmp", [output.string, again.string]).run().ending == .exit(0))
    FileTree.remove(again)
    return core
  }

  private func undo(_ core: ReferenceCore, into folder: ScratchFolder, compareWith input: FilePath)
    throws
  {
    guard core.source.length < 200 << 20 else { return }
    let bytes = try #require(try core.undone())
    #expect(bytes.isIdentical(to: try ReferenceSource.contents(of: input)))
  }

  private func judge(
    _ output: FilePath, _ core: ReferenceCore, isForeign: Bool, program: FilePath?
  ) throws {
    let complaints = try EUReadelf.complaints(output)
    #expect(complaints.isEmpty, "eu-readelf: \(complaints)")
    let view = try GDB(output, program: program, isForeign: isForeign).view()
    #expect(view.complaints.isEmpty, "gdb: \(view.complaints)")
    #expect(Set(view.threads) == Set(core.threadIDs), "\(view.result)")
  }
}
