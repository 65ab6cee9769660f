import SystemPackage
import TestSupport
import Testing

@Suite("archive and restore")
struct ArchiveCommandTests {
  /// Archives a core, and asks lz4 and restore for it again: both must give what --extend none gives.
  static func expectRoundTrip(
    of core: FilePath, in folder: ScratchFolder, _ options: [String] = []
  ) throws {
    let archive = folder.file("x.core.lz4")
    let plain = folder.file("plain.core")
    let restored = folder.file("restored.core")
    let repair = try Tool.coresalvage(
      ["--quiet", "--force", "--extend", "none", core.string, plain.string]
    ).run()
    let made = try Tool.coresalvage(
      ["archive", "--quiet", "--force", core.string, archive.string] + options
    ).run()
    #expect(made.ending == repair.ending, "\(core)")
    guard made.ending == .exit(0) else { return }
    try Tool.coresalvage("restore", "--quiet", "--force", archive.string, restored.string)
      .runSuccessfully()
    try Tool("cmp", [plain.string, restored.string]).runSuccessfully()
    try Tool.coresalvage("verify", "--quiet", archive.string).runSuccessfully()
    try Need.tool("lz4").require()
    let decoded = folder.file("decoded.core")
    let lz4 = try Tool("lz4", ["-d", "-f", "-v", archive.string, decoded.string])
      .runSuccessfully()
    #expect(!lz4.errorText.contains("undecodable"), "\(lz4)")
    try Tool("cmp", [plain.string, decoded.string]).runSuccessfully()
  }

  @Test(
    "lz4 -d gives the repaired core, on every machine, whole and cut", arguments: BuilderMachine.all
  )
  func builtCores(machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical(machine).build()
    for size in [core.bytes.count, core.bytes.count - 5000, core.notesRange.upperBound + 4096] {
      let path = try folder.write(core.cut(to: size), to: "in.core")
      try Self.expectRoundTrip(of: path, in: folder)
    }
  }

  @Test("lz4 -d gives the repaired core of every fixture", arguments: SampleCores.fixtureNames)
  func samples(name: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture(name, into: folder)
    try Self.expectRoundTrip(of: core, in: folder)
  }

  @Test("lz4 -d gives the core of several frames, with every option")
  func severalFrames() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    try Self.expectRoundTrip(of: core, in: folder, ["--block-size", "64K"])
    try Self.expectRoundTrip(of: core, in: folder, ["--block-size", "256K", "--content-checksum"])
    try Self.expectRoundTrip(of: core, in: folder, ["--block-size", "1M", "--level", "9"])
  }

  @Test("a core that no archive can hold is refused without advice that can't help")
  func tooLarge() throws {
    let folder = try ScratchFolder()
    var builder = CoreBuilder.typical()
    builder.segments = [BuilderSegment(at: 0x100_0000, [1])]
    let core = try folder.write(builder.build().bytes, to: "core")
    let out = folder.file("out.core.lz4")
    for (size, option, words) in [
      ("6T", "4M", "can't hold a core of 6.5 TB"), ("6T", "64K", "can't hold a core of 6.5 TB"),
      ("1T", "64K", "give a larger --block-size"),
    ] {
      try Tool("truncate", ["-s", size, core.string]).runSuccessfully()
      let told = try Tool.coresalvage(
        "archive", "--block-size", option, core.string, out.string
      ).run()
      #expect(told.ending == .exit(3) && told.errorText.contains(words), "\(size) \(told)")
      #expect(told.errorText.contains("--block-size") == (size == "1T"), "\(told)")
    }
    #expect(try folder.names() == ["core"])
  }

  @Test("the same input gives the same archive, whatever the number of threads")
  func sameBytes() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    for threads in ["1", "2", "7"] {
      try Tool.coresalvage(
        "archive", "--quiet", "--threads", threads, "--block-size", "256K", core.string,
        folder.file(threads).string
      ).runSuccessfully()
    }
    try Tool("cmp", [folder.file("1").string, folder.file("2").string]).runSuccessfully()
    try Tool("cmp", [folder.file("1").string, folder.file("7").string]).runSuccessfully()
  }

  @Test("a hole of 64 GiB is neither read nor compressed, and comes out as a hole")
  func holes() throws {
    let folder = try ScratchFolder(in: .memory)
    let path = try folder.write(CoreBuilder.typical().build().bytes, to: "in.core")
    try Tool("truncate", ["-s", "64G", path.string]).runSuccessfully()
    let archive = folder.file("in.core.lz4")
    let made = try Tool.coresalvage("archive", "--quiet", path.string, archive.string)
      .runMeasured()
    #expect(made.result.status == 0, "\(made.result)")
    #expect(try FileTree.size(archive) < 300_000_000)
    #expect(made.peakMemory < 128 << 20)
    let out = folder.file("out.core")
    let restored = try Tool.coresalvage("restore", "--quiet", archive.string, out.string)
      .runMeasured()
    #expect(restored.result.status == 0, "\(restored.result)")
    #expect(restored.peakMemory < 128 << 20)
    // What is behind the last segment is no part of the core, and is kept.
    let repaired = folder.file("repaired.core")
    try Tool.coresalvage("--quiet", "--extend", "none", path.string, repaired.string)
      .runSuccessfully()
    #expect(try FileTree.size(out) == FileTree.size(repaired))
    #expect(try FileTree.size(out) >= 64 << 30)
    #expect(try FileTree.allocated(out) < 1 << 20)
  }

  @Test(
    "the same core gives the same archive as a file, as standard input, and as .zst",
    .needs(.tool("zstd")))
  func waysIn() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    let expected = folder.file("file")
    try Tool.coresalvage("archive", "-q", core.string, expected.string).runSuccessfully()
    func archive(_ input: String, _ source: Tool.Input = .none) throws {
      let output = folder.file("other")
      var tool = Tool.coresalvage("archive", "-q", "--force", input, output.string)
      tool.input = source
      try tool.runSuccessfully()
      try Tool("cmp", [expected.string, output.string]).runSuccessfully()
    }
    try archive("-", .file(core))
    try Tool("zstd", ["-q", core.string, "-o", folder.file("x.zst").string]).runSuccessfully()
    try archive(folder.file("x.zst").string)
  }

  @Test("the manifest is text that head shows", .needs(.tool("python3")))
  func manifest() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    try Tool.coresalvage(
      "archive", "--quiet", "--label", "ticket=OPS-1", "--label", "who=a \"b\"", core.string
    ).runSuccessfully()
    let archive = folder.file("bakery.rlimit-libraries.core.lz4")
    let script = #"head -c 8000 "$0" | tail -n +2 | sed '/^}/q'"#
    let text = try Tool("sh", ["-c", script, archive.string]).runSuccessfully().text
    let check = """
      import json, sys
      m = json.loads(sys.stdin.read())
      assert m["program"] == "/srv/demo/bakery" and m["labels"] == {"ticket": "OPS-1", "who": 'a "b"'}, m
      assert len(m["threads"]) == 6 and m["lost"] and not m["whole"] and m["signal"] == 11, m
      assert any(x["path"].endswith("bakery") and len(x["buildID"]) == 40 for x in m["modules"]), m
      """
    var python = Tool("python3", ["-c", check])
    python.input = .bytes(Array(text.utf8))
    try python.runSuccessfully()
  }

  @Test("restore reads a pipe and writes one")
  func pipes() throws {
    let folder = try ScratchFolder(in: .memory)
    let bytes = CoreBuilder.typical().build().bytes
    let core = try folder.write(bytes, to: "in.core")
    let archive = folder.file("x")
    try Tool.coresalvage("archive", "-q", core.string, archive.string).runSuccessfully()
    var restore = Tool.coresalvage("restore", "-", "-")
    restore.input = .bytes(try ReferenceSource.contents(of: archive))
    #expect(try restore.runSuccessfully().output == bytes)
  }

  @Test("verify says of a cut archive that nothing of the core is lost just where nothing is")
  func cutIsTold() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "in.core")
    let archive = folder.file("x.core.lz4")
    try Tool.coresalvage("archive", "-q", core.string, archive.string).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: archive)
    var fates: Set<Bool> = []
    for size in stride(from: bytes.count - 1, to: 0, by: -bytes.count / 40) {
      let told = try Tool.coresalvage(
        "verify", folder.write(Array(bytes[..<size]), to: "cut.core.lz4").string
      ).run()
      // Without its manifest it is none.
      guard told.ending == .exit(1) else { continue }
      let isLost = told.text.contains(" of the core are lost")
      fates.insert(isLost)
      #expect(told.text.contains("nothing of the core is lost") != isLost, "\(size): \(told)")
    }
    #expect(fates.count == 2)
  }

  @Test("note, repair and cat read an archive as they read a core")
  func readers() throws {
    let folder = try ScratchFolder(in: .memory)
    let built = CoreBuilder.typical().build()
    let core = try folder.write(built.cut(to: built.bytes.count - 9000), to: "in.core")
    let plain = folder.file("plain.core")
    let archive = folder.file("in.core.lz4")
    try Tool.coresalvage("-q", "--extend", "none", core.string, plain.string).runSuccessfully()
    try Tool.coresalvage("archive", "-q", core.string).runSuccessfully()
    func lines(_ arguments: String...) throws -> ArraySlice<String> {
      try Tool.coresalvage(arguments).runSuccessfully().lines.dropFirst()
    }
    #expect(try lines("note", archive.string) == lines("note", plain.string))
    let again = folder.file("again.core")
    try Tool.coresalvage("-q", archive.string, again.string).runSuccessfully()
    try Tool("cmp", [plain.string, again.string]).runSuccessfully()
    let start = try #require(built.segmentRanges.first { $0.count == 3 * 4096 })
    for path in [archive, core] {
      let memory = try Tool.coresalvage("cat", path.string, "0x1000010", "5000").runSuccessfully()
      #expect(memory.output == Array(built.bytes[start][(start.lowerBound + 16)...].prefix(5000)))
      let missing = try Tool.coresalvage("cat", path.string, "0x7ff04000", "4096").run()
      #expect(missing.status == 1)
    }
  }

  @Test("OUT is never what exists, and on a full disk nothing is left")
  func output() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "in.core")
    try Tool.coresalvage("archive", "-q", core.string).runSuccessfully()
    let archive = folder.file("in.core.lz4")
    for arguments in [
      ["archive", core.string], ["archive", "--force", core.string, core.string],
      ["restore", archive.string, core.string],
      ["restore", "--force", archive.string, archive.string],
    ] {
      let result = try Tool.coresalvage(arguments).run()
      #expect(result.status == 3, "\(arguments)")
    }
    // A limit of the file size stands for a full disk.
    for arguments in [
      ["archive", core.string, folder.file("a").string],
      ["restore", archive.string, folder.file("b").string],
    ] {
      var tool = Tool.coresalvage(arguments)
      tool.limits["fsize"] = "10000"
      #expect(try tool.run().status == 3, "\(arguments)")
    }
    #expect(try folder.names() == ["in.core", "in.core.lz4"])
  }
}
