import Glibc
import SystemPackage
import TestSupport
import Testing

/// What a run reads is never lost to what it writes, whatever the names and whatever --force allows.
@Suite("an input")
struct InputSafetyTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Place {
    let folder: ScratchFolder
    let core: FilePath

    init() throws {
      folder = try ScratchFolder()
      core = try folder.write(InputSafetyTests.bytes, to: "in.core")
    }

    func pack(_ program: String) throws -> FilePath? {
      try Need.tool(program).require()
      let packed = folder.file("x.\(program)")
      try Tool(program, ["-q", "-f", core.string, packed.string]).runSuccessfully()
      return packed
    }

    /// Runs the command, and expects that it refuses and that all files are as they were.
    func expectRefusal(
      _ arguments: [String], input: FilePath? = nil, says words: String = "is the input itself"
    ) throws {
      let names = try folder.names()
      let before = try names.map { try ReferenceSource.contents(of: folder.file($0)) }
      var tool = Tool.coresalvage(arguments)
      if let input { tool.input = .file(input) }
      let result = try tool.run()
      #expect(result.ending == .exit(3), "\(arguments): \(result)")
      #expect(result.errorText.contains(words), "\(arguments): \(result)")
      #expect(try folder.names() == names)
      #expect(try names.map { try ReferenceSource.contents(of: folder.file($0)) } == before)
    }
  }

  @Test("that is packed is never its own output, also through links", arguments: ["zstd", "lz4"])
  func packed(program: String) throws {
    let place = try Place()
    // zstd's -o is lz4's second name.
    let packed = place.folder.file("x.\(program)")
    try Need.tool(program).require()
    var tool = Tool(program, ["-q", "-c", place.core.string])
    tool.output = .file(packed)
    try tool.runSuccessfully()
    let hard = place.folder.file("hard")
    let soft = place.folder.file("soft")
    try #require(link(packed.string, hard.string) == 0)
    try #require(symlink(packed.string, soft.string) == 0)
    for output in [packed, hard, soft] {
      try place.expectRefusal(["--force", packed.string, output.string])
      try place.expectRefusal(["--force", soft.string, output.string])
      try place.expectRefusal(["--force", "-", output.string], input: packed)
      try place.expectRefusal(["archive", "--force", packed.string, output.string])
    }
  }

  @Test("behind standard input is never the output, whatever else is read")
  func standardInput() throws {
    let place = try Place()
    try place.expectRefusal(["--force", "-", place.core.string], input: place.core)
    let list = try place.folder.write(Array("in.core\n".utf8), to: "list")
    try place.expectRefusal(["--force", place.core.string, list.string], input: list)
  }

  @Test("that is a map file and no file is not called a core")
  func mapFileIsNoFile() throws {
    let place = try Place()
    for name in ["/dev/null", place.folder.path.string] {
      let told = try Tool.coresalvage(
        "--mapfile", name, place.core.string, place.folder.file("none").string
      ).run()
      #expect(told.ending == .exit(64), "\(told)")
      #expect(
        told.errorText.contains("\(name): no map file of ddrescue: expected a regular file"),
        "\(told)")
    }
  }

  @Test("of any kind is spared: map file, program, archive")
  func others() throws {
    let place = try Place()
    let map = try place.folder.write(
      Array("0x0 +\n0x0 0x5000 +\n".utf8), to: "rescue.map")
    try place.expectRefusal(
      ["--force", "--mapfile", map.string, place.core.string, map.string])
    try place.expectRefusal(
      ["--force", "--mapfile", map.string, "-", map.string], input: place.core)
    let program = place.folder.file("program")
    try SparseCopy.copy("/bin/true", to: program)
    try place.expectRefusal(
      ["--force", "--program", program.string, place.core.string, program.string])
    let archive = place.folder.file("x.core.lz4")
    try Tool.coresalvage("archive", place.core.string, archive.string).runSuccessfully()
    try place.expectRefusal(["restore", "--force", archive.string, archive.string])
    try place.expectRefusal(["restore", "--force", "-", archive.string], input: archive)
    try place.expectRefusal(["--force", archive.string, archive.string])
  }

  @Test("is spared by the script for gdb and by pages")
  func scriptAndPage() throws {
    let place = try Place()
    try place.expectRefusal(["--gdb-script", place.core.string, "--force", place.core.string])
    try place.expectRefusal(
      ["--gdb-script", place.core.string, "--force", "-"], input: place.core)
    let archive = place.folder.file("x.core.lz4")
    try Tool.coresalvage("archive", place.core.string, archive.string).runSuccessfully()
    try place.expectRefusal(["--gdb-script", archive.string, "--force", archive.string])
    try place.expectRefusal(["inspect", "--html", place.core.string, "--force", place.core.string])
    try place.expectRefusal(
      ["inspect", "--html", archive.string, "--force", place.core.string, archive.string])
  }

  @Test("is not appended to by a stream")
  func appended() throws {
    let place = try Place()
    for command in ["\"$0\" in.core - >> in.core", "\"$0\" archive in.core - >> in.core"] {
      var tool = Tool("sh", ["-c", command, Tool.coresalvagePath.string])
      tool.folder = place.folder.path
      let result = try tool.run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains("is the input itself"), "\(result)")
      #expect(try ReferenceSource.contents(of: place.core) == Self.bytes)
    }
  }

  @Test("of a batch is spared by its page, before the work begins")
  func batchPage() throws {
    let place = try Place()
    let cores = try place.folder.makeFolder("cores")
    let core = try place.folder.write(Self.bytes, to: "cores/a.core")
    let output = place.folder.file("out")
    let result = try Tool.coresalvage(
      "batch", cores.string, "-o", output.string, "--force", "--report", core.string
    ).run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("is the input itself"), "\(result)")
    #expect(try ReferenceSource.contents(of: core) == Self.bytes)
    #expect(try FileTree.names(in: output) == [])
    // Nor does the page take the place of an output that was just made.
    let made = output.appending("a.core")
    let second = try Tool.coresalvage(
      "batch", cores.string, "-o", output.string, "--force", "--report", made.string
    ).run()
    #expect(second.ending == .exit(3), "\(second)")
    #expect(try ReferenceCore(contentsOf: made).threadIDs.count == 3)
  }

  @Test("of a batch is no output of another, also where their folders lie in each other")
  func batchFolders() throws {
    let folder = try ScratchFolder()
    let all = try folder.makeFolder("all")
    let inner = try folder.makeFolder("all/in")
    _ = try folder.makeFolder("all/in/in")
    let first = try folder.write(Self.bytes, to: "all/in/a.core")
    let second = try folder.write(Array(Self.bytes.dropLast(512)), to: "all/in/in/a.core")
    // all/in/in/a.core would go to all/in/a.core.
    let result = try Tool.coresalvage(
      "batch", "-r", "--force", inner.string, "-o", all.string
    ).run()
    #expect(result.ending == .exit(1), "\(result)")
    #expect(result.errorText.contains("is a folder of inputs"), "\(result)")
    #expect(try ReferenceSource.contents(of: first) == Self.bytes)
    #expect(try ReferenceSource.contents(of: second) == Array(Self.bytes.dropLast(512)))
    #expect(try ReferenceCore(contentsOf: all.appending("a.core")).threadIDs.count == 3)
  }
}
