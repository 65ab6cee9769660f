import Glibc
import SystemPackage
import TestSupport
import Testing

/// `batch --delete-input`: nothing goes before all that can be had of it is proven to be in its output.
@Suite("an input that is to be deleted")
struct BatchDeleteTests {
  /// A core with libraries, so that something is rebuilt, or one that is built here.
  private static func bytes() -> [UInt8] {
    var random = SeededGenerator(seed: 31)
    var builder = CoreBuilder.typical()
    for index in 0..<6 {
      builder.segments.append(
        BuilderSegment(
          at: 0x7000_0000_0000 + UInt64(index) << 24,
          index % 2 == 0 ? random.nonZeroBytes(300_000) : [UInt8](repeating: 0, count: 400_000)))
    }
    return builder.build().bytes
  }

  private func pack(_ program: String, _ core: FilePath, to packed: FilePath) throws {
    try Need.tool(program).require()
    guard program != "gzip" else {
      var tool = Tool(program, ["-c", core.string])
      tool.output = .file(packed)
      try tool.runSuccessfully()
      try Tool("touch", ["-r", core.string, packed.string]).runSuccessfully()
      return
    }
    let arguments =
      program == "zstd"
      ? ["-q", "-f", core.string, "-o", packed.string] : ["-q", "-f", core.string, packed.string]
    try Tool(program, arguments).runSuccessfully()
  }

  @Test(
    "goes, whichever way it is packed, cut or whole, and its output is that of a repair alone",
    arguments: ["zstd", "lz4", "gzip", "archive"], [[], ["--archive"]])
  func goes(packing: String, options: [String]) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let whole = Self.bytes()
    let isArchived = !options.isEmpty
    var cores: [String: FilePath] = [:]
    for (name, lost) in [("cut", 450_000), ("short", 1_900_000), ("whole", 0)] {
      let core = try folder.write(Array(whole.dropLast(lost)), to: name)
      let packed = input.appending("\(name).core.\(packing == "zstd" ? "zst" : "lz4")")
      if packing == "archive" {
        try Tool.coresalvage("archive", "-q", core.string, packed.string).runSuccessfully()
        cores[name] = packed
      } else {
        try pack(packing, core, to: packed)
        cores[name] = core
      }
    }
    var expected: [String: [UInt8]] = [:]
    for (name, core) in cores {
      let alone = folder.file("alone")
      let verb = isArchived ? ["archive"] : []
      try Tool.coresalvage(verb + ["-q", "--force", core.string, alone.string]).runSuccessfully()
      expected[name] = try ReferenceSource.contents(of: alone)
    }
    let more = isArchived ? options : ["--whole", "copy"]
    let result = try Tool.coresalvage(
      ["batch", input.string, "--output", output.string, "--delete-input", "--json"] + more
    ).run()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try FileTree.names(in: input) == [], "\(result)")
    for (name, bytes) in expected {
      let file = output.appending("\(name).core" + (isArchived ? ".lz4" : ""))
      #expect(try ReferenceSource.contents(of: file) == bytes, "\(name)")
    }
  }

  @Test("stays where it is a bundle, which has more than its core", .needs(.tool("zstd")))
  func bundles() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let core = try folder.write(Self.bytes(), to: "core")
    for ending in ["tar.zst", "tar.gz", "tar"] {
      try Tool.coresalvage("bundle", core.string, input.appending("\(ending).\(ending)").string)
        .runSuccessfully()
    }
    // An archive of other things is no core.
    try Tool("tar", ["-C", folder.path.string, "-cf", input.appending("x.tar").string, "core"])
      .runSuccessfully()
    let words = [
      "batch", input.string, "--output", folder.file("out").string, "--delete-input", "--json",
      "--whole", "copy",
    ]
    // A rehearsal says so before.
    let rehearsed = try BatchOutput(Tool.coresalvage(words + ["-n"]).run()).records("repaired")
    #expect(rehearsed.count == 3)
    #expect(rehearsed.allSatisfy { $0["inputKept"]?.string?.contains("bundle") == true })
    #expect(rehearsed.allSatisfy { $0["inputDeleted"]?.bool == false })
    let result = try Tool.coresalvage(words).run()
    let told = try BatchOutput(result)
    #expect(told.count("copied") == 3 && told.count("other") == 1, "\(result)")
    #expect(told.summary?["inputsDeleted"]?.number == 0)
    #expect(
      told.records("copied").allSatisfy { $0["inputKept"]?.string?.contains("bundle") == true })
    #expect(try FileTree.names(in: folder.file("out")).sorted() == ["tar", "tar.gz", "tar.zst"])
  }

  @Test(
    "goes when its stream was cut, and stays when it is damaged",
    arguments: ["zstd", "lz4", "gzip"])
  func damagedStreams(packing: String) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let core = try folder.write(Self.bytes(), to: "core")
    let packed = folder.file("packed")
    try pack(packing, core, to: packed)
    let bytes = try ReferenceSource.contents(of: packed)
    try folder.write(Array(bytes.dropLast(bytes.count / 3)), to: "in/cut.core")
    var damaged = bytes
    for place in damaged.count / 2..<damaged.count / 2 + 40 { damaged[place] ^= 0xff }
    try folder.write(damaged, to: "in/damaged.core")
    let words = ["batch", input.string, "--output", output.string, "--delete-input"]
    // What damage there is, a rehearsal doesn't know: it promises nothing of what is packed.
    let rehearsed = try Tool.coresalvage(words + ["-n"]).runSuccessfully().text
    let condition =
      "input to be removed, unless unpacking shows that it is damaged, moved in part or whole"
    #expect(rehearsed.split(separator: condition).count == 3, "\(rehearsed)")
    #expect(rehearsed.contains("inputs to remove  at most 2"), "\(rehearsed)")
    let promised = try BatchOutput(
      Tool.coresalvage(words + ["-n", "--json", "--whole", "copy", "--shifts", "ignore"]).run())
    #expect(
      promised.records("repaired").map { $0["inputKeptIf"]?.string }
        == Array(repeating: "unpacking shows that it is damaged", count: 2))
    let result = try Tool.coresalvage(words + ["--json", "--whole", "copy"]).run()
    let told = try BatchOutput(result)
    #expect(told.summary?["inputsDeleted"]?.number == 1, "\(result)")
    // Both have outputs, and of the one that is left it is said why.
    #expect(try FileTree.names(in: input) == ["damaged.core"], "\(result)")
    #expect(try FileTree.names(in: output).count == 2)
    let kept = told.records("repaired") + told.records("copied")
    #expect(kept.contains { $0["inputKept"]?.string == "it is damaged" }, "\(result)")
  }

  @Test("stays when its output was damaged since, or is another's")
  func wrongOutput() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let core = try folder.write(Array(Self.bytes().dropLast(450_000)), to: "core")
    try pack("zstd", core, to: input.appending("x.core.zst"))
    let tool = Tool.coresalvage("batch", input.string, "--output", output.string)
    try tool.runSuccessfully()
    let written = output.appending("x.core")
    var bytes = try ReferenceSource.contents(of: written)
    bytes[bytes.count / 2] ^= 1
    let file = try FileDescriptor.open(written, .writeOnly)
    try file.closeAfter { _ = try file.writeAll(bytes) }
    let again = try Tool.coresalvage(
      "batch", input.string, "--output", output.string, "--delete-input"
    ).run()
    #expect(again.ending == .exit(1), "\(again)")
    #expect(again.errorText.contains("not what was written"), "\(again)")
    #expect(try FileTree.names(in: input) == ["x.core.zst"])
  }

  @Test(
    "that can't be removed stays, and its output is there and told as what it is",
    .needs(.otherUser))
  func readOnlyFolder() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = try folder.makeFolder("out")
    try folder.write(Array(Self.bytes().dropLast(450_000)), to: "in/cut.core")
    try folder.write(Self.bytes(), to: "in/whole.core")
    for (path, mode) in [
      (folder.path, 0o755), (input, 0o755), (output, 0o777), (input.appending("cut.core"), 0o644),
      (input.appending("whole.core"), 0o644),
    ] { try #require(chmod(path.string, mode_t(mode)) == 0) }
    let words = [
      "batch", input.string, "-o", output.string, "--delete-input", "--whole", "copy", "--json",
    ]
    func run(_ more: [String] = []) throws -> (ToolResult, BatchOutput) {
      let result = try OtherUser.command(words + more, in: folder).run()
      return (result, try BatchOutput(result))
    }
    // It is foreseen.
    let (foreseen, rehearsal) = try run(["-n"])
    #expect(foreseen.ending == .exit(1), "\(foreseen)")
    #expect(rehearsal.summary?["inputsToDelete"]?.number == 0, "\(foreseen)")
    for outcomes in [["repaired", "copied"], ["present"]] {
      let (result, told) = try run()
      #expect(result.ending == .exit(1), "\(result)")
      #expect(told.count("failed") == 0, "\(result)")
      let records = outcomes.flatMap(told.records)
      #expect(records.count == 2, "\(result)")
      for record in records {
        #expect(record["output"]?.string?.hasPrefix(output.string) == true, "\(result)")
        #expect(record["inputDeleted"]?.bool == false && record["error"]?.string == nil)
        #expect(record["inputKept"]?.string == "it could not be removed: Permission denied")
      }
      #expect(told.summary?["inputsNotDeleted"]?.number == 2, "\(result)")
      #expect(told.summary?["inputsDeleted"]?.number == 0, "\(result)")
    }
    #expect(try FileTree.names(in: input).sorted() == ["cut.core", "whole.core"])
    #expect(try FileTree.names(in: output).sorted() == ["cut.core", "whole.core"])
  }

  @Test("whose output is there is told as such by a rehearsal, packed or not")
  func rehearsedAgain() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let core = try folder.write(Array(Self.bytes().dropLast(450_000)), to: "core")
    try folder.write(Array(Self.bytes().dropLast(450_000)), to: "in/plain.core")
    try pack("zstd", core, to: input.appending("packed.core.zst"))
    let words = ["batch", input.string, "-o", folder.file("out").string, "--json"]
    try Tool.coresalvage(words).runSuccessfully()
    let told = try BatchOutput(Tool.coresalvage(words + ["--delete-input", "-n"]).run())
    #expect(told.count("present") == 2 && told.count("repaired") == 0, "\(told.lines)")
    #expect(told.records("present").allSatisfy { $0["inputDeleted"]?.bool == false })
    #expect(told.records("present").allSatisfy { $0["inputToDelete"]?.bool == true })
    #expect(try FileTree.names(in: input).count == 2)
    // And then it is so.
    let done = try BatchOutput(Tool.coresalvage(words + ["--delete-input"]).run())
    #expect(done.count("present") == 2 && done.summary?["inputsDeleted"]?.number == 2)
  }

  @Test("is no tar archive of a stranger's: large, packed or cut, it is passed over")
  func strangers() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    var random = SeededGenerator(seed: 5)
    try folder.write(Self.bytes() + random.nonZeroBytes(17 << 20), to: "large.core")
    try folder.write(Array("hello\n".utf8), to: "README")
    for (name, options) in [("a.tar", "-cf"), ("b.tar.gz", "-czf")] {
      try Tool(
        "tar",
        ["-C", folder.path.string, options, input.appending(name).string, "large.core", "README"]
      ).runSuccessfully()
      let bytes = try ReferenceSource.contents(of: input.appending(name))
      try folder.write(Array(bytes.prefix(100_000)), to: "in/cut-\(name)")
    }
    let result = try Tool.coresalvage(
      "batch", input.string, "-o", folder.file("out").string, "--json"
    ).run()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try BatchOutput(result).count("other") == 4, "\(result)")
    // One of ours that is cut is none of these.
    let bundle = folder.file("bundle.tar")
    let core = try folder.write(Self.bytes(), to: "core")
    try Tool.coresalvage("bundle", "-q", core.string, bundle.string).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: bundle)
    try folder.write(Array(bytes.prefix(700)), to: "in/bundle.tar")
    let again = try Tool.coresalvage(
      "batch", input.string, "-o", folder.file("out").string, "--json"
    ).run()
    #expect(try BatchOutput(again).count("unread") == 1, "\(again)")
  }
}
