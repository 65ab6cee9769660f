import Glibc
import SystemPackage
import TestSupport
import Testing

/// A core on a device that gives EIO for some of its pages.
@Suite("an unreadable page")
struct UnreadableTests {
  /// Runs `body` with the path of a file that has `core`'s bytes but for the pages of `bad`.
  func withFaults(
    _ bad: [Range<UInt64>], in core: FilePath, _ folder: ScratchFolder,
    _ body: (FilePath) throws -> Void
  ) throws {
    try Need.require(.fuse, .tool("python3"))
    let place = try folder.makeFolder("disk")
    let script = Tool.packageRoot.appending("Tests/Tools/faulty-file.py")
    let ranges = bad.map { "\($0.lowerBound):\($0.upperBound - $0.lowerBound)" }
    let control = folder.file("control")
    #expect(mkfifo(control.string, 0o600) == 0)
    let shell =
      "exec python3 \(script) \(core) \(place) \(ranges.joined(separator: " ")) <\(control)"
    let server = try RunningTool(Tool("sh", ["-c", shell]))
    // The server unmounts when nobody has its standard input any more.
    let end = try FileDescriptor.open(control, .writeOnly)
    defer {
      try? end.close()
      _ = try? server.finish()
    }
    let file = place.appending("core")
    for _ in 0..<500 where !FileTree.exists(file) { usleep(10_000) }
    try #require(FileTree.exists(file), "nothing is mounted")
    try body(file)
  }

  func pages(_ ranges: [Range<UInt64>]) -> Set<UInt64> {
    Set(ranges.flatMap { $0.lowerBound / 4096...($0.upperBound - 1) / 4096 })
  }

  @Test("of memory is lost there and nowhere else")
  func ofMemory() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let bad: [Range<UInt64>] = [
      100_000..<100_001, 3_000_000..<3_004_096, 8_000_000..<8_100_000, 21_000_000..<21_000_001,
    ]
    let whole = try ReferenceCore(contentsOf: core)
    try withFaults(bad, in: core, folder) { file in
      let output = folder.file("out")
      let result = try Tool.coresalvage(file.string, output.string).runSuccessfully()
      #expect(result.text.contains("could not be read"), "\(result)")
      let repaired = try ReferenceCore(contentsOf: output)
      #expect(try repaired.contradictions() == [])
      let lost = try #require(try repaired.lost()).entries
      #expect(lost.allSatisfy { $0.cause == 2 })
      let found = lost.map { $0.offset..<$0.offset + $0.length }
      #expect(pages(found) == pages(bad))
      #expect(found.reduce(0) { $0 + $1.count } == pages(bad).count * 4096)
      // What is named has its bytes, and what is not named is what was lost.
      let before = try ReferenceSource.contents(of: core)
      let after = try ReferenceSource.contents(of: output)
      for load in repaired.loads where load.fileSize > 0 {
        let range = Int(load.fileRange.lowerBound)..<Int(load.fileRange.upperBound)
        #expect(before[range] == after[range], "the segment at \(load.address)")
      }
      let named = repaired.loads.reduce(0) { $0 + $1.fileSize }
      let due = whole.loads.reduce(0) { $0 + $1.fileSize }
      #expect(named + UInt64(pages(bad).count * 4096) == due)
    }
  }

  @Test("of the notes costs the notes on it, and the table behind one is read on")
  func ofNotes() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let page = 8192..<12_288 as Range<UInt64>
    let whole = try ReferenceCore(contentsOf: core)
    // Registers behind it are nobody's where their thread's own note was on it.
    let orphans = whole.notes.drop { $0.offset < page.upperBound }
      .prefix { $0.type != ReferenceNote.prstatus }.map(\.offset)
    #expect(orphans.count == 1)
    let left = whole.notes.filter {
      !($0.offset..<$0.offset + 20 + UInt64($0.descriptor.count)).overlaps(page)
        && !orphans.contains($0.offset)
    }
    #expect(left.count > 5 && left.count < whole.notes.count)
    try withFaults([8192..<8193], in: core, folder) { file in
      let output = folder.file("out")
      try Tool.coresalvage("-q", file.string, output.string).runSuccessfully()
      let repaired = try ReferenceCore(contentsOf: output)
      #expect(
        repaired.notes.filter { $0.owner != "CORESALVAGE" }.map(\.descriptor)
          == left.map(\.descriptor))
      #expect(
        try repaired.lost()?.structure.map(\.offset) == [page.lowerBound] + orphans)
      #expect(try repaired.lost()?.memory.count == 0)
    }
  }

  @Test("of the file header is beyond repair, with one line")
  func ofHeader() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    try withFaults([0..<1], in: core, folder) { file in
      let result = try Tool.coresalvage(file.string, folder.file("out").string).run()
      #expect(result.ending == .exit(2), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1)
    }
  }

  @Test(
    "of a packed core ends it there, which is no success, and a batch keeps the input",
    .needs(.tool("zstd")))
  func ofPacked() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let packed = folder.file("packed")
    try Tool("zstd", ["-q", "-1", core.string, "-o", packed.string]).runSuccessfully()
    let size = try FileTree.size(packed)
    try withFaults([size / 2..<size / 2 + 1], in: packed, folder) { file in
      let output = folder.file("out")
      let result = try Tool.coresalvage(file.string, output.string).run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains("read: Input/output error"), "\(result)")
      let lost = try #require(try ReferenceCore(contentsOf: output).lost()).entries
      #expect(!lost.isEmpty && lost.allSatisfy { $0.cause == 2 })
      // Twice: what is there of the first run is not taken for all that there is to have.
      for _ in 0..<2 {
        let told = try BatchOutput(
          Tool.coresalvage(
            "batch", file.removingLastComponent().string, "-o", folder.file("outputs").string,
            "--delete-input", "--json"
          ).run())
        #expect(told.count("failed") == 1 && told.count("repaired") == 0)
        #expect(told.records("failed").first?["error"]?.string?.contains("Input/output") == true)
        #expect(FileTree.exists(file))
        #expect(
          try ReferenceSource.contents(of: folder.file("outputs/core"))
            == ReferenceSource.contents(of: output))
      }
    }
  }

  @Test("ends a repair into a pipe, which names the range to be given")
  func intoPipe() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    try withFaults([3_000_000..<3_000_001], in: core, folder) { file in
      let result = try Tool.coresalvage("-q", file.string, "-").run()
      #expect(result.ending == .exit(3), "\(result.errorText)")
      #expect(result.errorText.contains("--lost-range 2998272:4096"), "\(result.errorText)")
      let again = try Tool.coresalvage("-q", "--lost-range", "2998272:4096", file.string, "-")
        .runSuccessfully()
      #expect(try ReferenceCore(again.output).lost()?.memory.map(\.length) == [4096])
    }
  }
}
