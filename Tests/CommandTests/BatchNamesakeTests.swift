import SystemPackage
import TestSupport
import Testing

/// Packed cores of one folder whose names differ by their endings alone: what each output is called depends on which of them
/// are there, and they come and go.
@Suite("cores whose names differ by their packing")
struct BatchNamesakeTests {
  private static let packings = ["zst": "zstd", "lz4": "lz4", "gz": "gzip"]

  /// A core like no other: by its headers, too.
  private static func bytes(_ number: Int) -> [UInt8] {
    var random = SeededGenerator(seed: UInt64(number))
    var builder = CoreBuilder.typical()
    for index in 0...number {
      builder.segments.append(
        BuilderSegment(at: 0x7000_0000_0000 + UInt64(index) << 24, random.nonZeroBytes(20_000)))
    }
    return builder.build().bytes.dropLast(8_000)
  }

  private static func pack(
    _ bytes: [UInt8], _ ending: String, in folder: ScratchFolder, to packed: FilePath
  ) throws {
    let program = try #require(packings[ending])
    try Need.tool(program).require()
    var tool = Tool(program, ["-q", "-c", try folder.write(bytes, to: "plain").string])
    tool.output = .file(packed)
    try tool.runSuccessfully()
  }

  /// An input folder with `stems` times all packings, each of a core of its own.
  private static func fill(_ input: FilePath, _ stems: Int, in folder: ScratchFolder) throws {
    for stem in 0..<stems {
      for (index, ending) in packings.keys.sorted().enumerated() {
        try pack(
          bytes(3 * stem + index), ending, in: folder, to: input.appending("a\(stem).\(ending)"))
      }
    }
  }

  private static func contents(of output: FilePath) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in try FileTree.names(in: output) {
      contents[name] = try ReferenceSource.contents(of: output.appending(name))
    }
    return contents
  }

  private static func batch(_ input: FilePath, _ output: FilePath, _ options: [String]) throws
    -> ToolResult
  {
    try Tool.coresalvage(["batch", input.string, "-o", output.string] + options).run()
  }

  @Test(
    "keep their outputs while their inputs are removed, whoever goes first",
    arguments: [[], ["--archive"]], [["--force"], []])
  func deleted(options: [String], force: [String]) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    try Self.fill(input, 3, in: folder)
    #expect(try Self.batch(input, output, options).ending == .exit(0))
    let before = try Self.contents(of: output)
    #expect(before.count == 9)
    let result = try Self.batch(
      input, output, options + force + ["--delete-input", "-j", "2", "--json"])
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try FileTree.names(in: input) == [])
    #expect(try Self.contents(of: output) == before, "\(result)")
  }

  @Test("keep their outputs when an input is removed between two runs", arguments: [[], ["-n"]])
  func removedBetween(rehearsal: [String]) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    try Self.fill(input, 2, in: folder)
    #expect(try Self.batch(input, output, []).ending == .exit(0))
    let before = try Self.contents(of: output)
    for name in ["a0.gz", "a1.lz4", "a1.zst"] {
      try Tool("rm", [input.appending(name).string]).runSuccessfully()
    }
    // What came since, and would have the name of a core that is gone.
    try Self.pack(Self.bytes(20), "gz", in: folder, to: input.appending("a1.gz"))
    let result = try Self.batch(input, output, rehearsal + ["--json"])
    #expect(result.ending == .exit(0), "\(result)")
    let after = try Self.contents(of: output)
    for (name, bytes) in before where name != "a1.gz.core" {
      #expect(after[name] == bytes, "\(name)")
    }
    #expect(rehearsal.isEmpty == (after["a1.gz.core"] != before["a1.gz.core"]))
    #expect(after.count == before.count)
  }

  @Test("leave the output of one that is gone to it, when another one stayed for its damage")
  func damagedOne() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    try Self.pack(Self.bytes(1), "zst", in: folder, to: input.appending("a.core.zst"))
    try Self.pack(Self.bytes(2), "gz", in: folder, to: input.appending("a.core.gz"))
    // The checksum of the stream.
    let packed = input.appending("a.core.gz")
    var bytes = try ReferenceSource.contents(of: packed)
    bytes[bytes.count - 6] ^= 1
    try folder.write(bytes, to: "in/a.core.gz")
    _ = try Self.batch(input, output, ["--delete-input"])
    #expect(try FileTree.names(in: input) == ["a.core.gz"])
    let before = try Self.contents(of: output)
    #expect(before.keys.sorted() == ["a.core", "a.core.gz.core"])
    for options in [["--delete-input"], ["--delete-input", "--force"], ["--force"], []] {
      let result = try Self.batch(input, output, options)
      #expect(try Self.contents(of: output) == before, "\(options): \(result)")
      #expect(try FileTree.names(in: input) == ["a.core.gz"])
    }
  }
}
