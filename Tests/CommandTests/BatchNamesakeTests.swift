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
    // Nothing is replaced: each may be all that is left of its core.
    for (name, bytes) in before { #expect(after[name] == bytes, "\(name)") }
    let new = after.keys.filter { before[$0] == nil }
    #expect(new.count == (rehearsal.isEmpty ? 1 : 0))
    #expect(new.allSatisfy { $0.hasPrefix("a1.gz.") && $0.hasSuffix(".core") }, "\(new)")
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

  /// All cores of a folder, by their contents.
  private static func cores(in folder: FilePath) throws -> Set<[UInt8]> {
    Set(try contents(of: folder).values)
  }

  @Test(
    "that have one name one after another all keep what became of them, deleted or overwritten",
    arguments: ["", "zst", "lz4", "gz"], [[], ["--archive"], ["--whole", "copy"]])
  func oneNameForAll(ending: String, options: [String]) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let name = ending.isEmpty ? "core" : "core.\(ending)"
    var before: Set<[UInt8]> = []
    var seen: Set<String> = []
    for (index, deletes) in [true, false, true, false, false].enumerated() {
      let bytes =
        index == 3 && options.contains("copy") ? Self.whole(index) : Self.bytes(index)
      if ending.isEmpty {
        try folder.write(bytes, to: "in/core")
      } else {
        FileTree.remove(input.appending(name))
        try Self.pack(bytes, ending, in: folder, to: input.appending(name))
      }
      let more = options + (deletes ? ["--delete-input"] : [])
      let rehearsed = try BatchOutput(Self.batch(input, output, more + ["--json", "-n"]))
      let foreseen = rehearsed.lines.compactMap { $0["output"]?.string }
      let result = try Self.batch(input, output, more + ["--json"])
      #expect(result.ending == .exit(0), "\(result)")
      let after = try Self.cores(in: output)
      #expect(after.isSuperset(of: before) && after.count == index + 1, "\(index): \(result)")
      #expect(try FileTree.names(in: input).isEmpty == deletes)
      let names = Set(try FileTree.names(in: output))
      #expect(
        foreseen == names.subtracting(seen).map { output.appending($0).string },
        "\(index): \(rehearsed.lines)")
      // Once more: there is nothing left to do.
      let again = try BatchOutput(Self.batch(input, output, more + ["--json"]))
      #expect(again.count("present") == (deletes ? 0 : 1), "\(index): \(again.lines)")
      #expect(try Self.cores(in: output) == after)
      (before, seen) = (after, names)
    }
  }

  private static func whole(_ number: Int) -> [UInt8] {
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(seed: UInt64(number))
    builder.segments.append(BuilderSegment(at: 0x7200_0000_0000, random.nonZeroBytes(20_000)))
    return builder.build().bytes
  }

  @Test("replace the output of less of the same dump, and never that of more of it")
  func moreAndLess() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let bytes = Self.whole(1)
    try folder.makeFolder("out")
    // In its memory, in its memory again, and less.
    for (dropped, count) in [(30_000, 1), (8_000, 1), (12_000, 2)] {
      try folder.write(Array(bytes.dropLast(dropped)), to: "in/core")
      let before = try Self.contents(of: output)
      let result = try Self.batch(input, output, [])
      #expect(result.ending == .exit(0), "\(result)")
      let after = try Self.contents(of: output)
      #expect(after.count == count, "\(dropped): \(result)")
      #expect((after["core"] == before["core"]) == (count == 2))
    }
  }
}
