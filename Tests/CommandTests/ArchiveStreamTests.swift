import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cores that come as streams, into archives.
@Suite("an archive of a stream")
struct ArchiveStreamTests {
  /// Bytes that compress well, and are no zeros.
  private static func repeated(_ count: Int) -> [UInt8] {
    var random = SeededGenerator(seed: 12)
    var bytes = random.nonZeroBytes(64)
    while bytes.count < count { bytes += bytes }
    return Array(bytes.prefix(count))
  }

  private static func core(_ contents: [[UInt8]]) -> [UInt8] {
    var builder = CoreBuilder.typical()
    for (index, bytes) in contents.enumerated() {
      builder.segments.append(
        BuilderSegment(at: 0x7000_0000_0000 + UInt64(index) << 28, bytes))
    }
    return builder.build().bytes
  }

  /// Runs of zeros over whole blocks and parts of them, what compresses and what does not.
  private static let mixed: [UInt8] = {
    var random = SeededGenerator(seed: 11)
    let zeros = [UInt8](repeating: 0, count: 3 << 20)
    return core([
      random.nonZeroBytes(1_300_000), zeros, repeated(2_560_000), zeros + [1] + zeros, [2] + zeros,
    ])
  }()

  private func archive(
    _ name: String, _ input: Tool.Input, _ options: [String], in folder: ScratchFolder
  ) throws -> [UInt8] {
    let output = folder.file("out.core.lz4")
    var tool = Tool.coresalvage(["archive", "-q", "--force", name, output.string] + options)
    tool.input = input
    try tool.runSuccessfully()
    return try ReferenceSource.contents(of: output)
  }

  /// The beginning, as text.
  private static func manifest(of archive: [UInt8]) -> String {
    String(decoding: archive.prefix(2000), as: UTF8.self)
  }

  private func pack(_ core: FilePath, _ program: String, in folder: ScratchFolder) throws
    -> FilePath
  {
    try Need.tool(program).require()
    let packed = folder.file("packed.\(program)")
    let arguments =
      program == "zstd"
      ? ["-q", "-f", core.string, "-o", packed.string] : ["-q", "-f", core.string, packed.string]
    try Tool(program, arguments).runSuccessfully()
    return packed
  }

  @Test(
    "is that of a file of the same bytes and time, and of a pipe of any",
    arguments: [0, 5000, 3 << 20, 7_500_001])
  func sameBytes(lost: Int) throws {
    let folder = try ScratchFolder()
    let bytes = Array(Self.mixed.dropLast(lost))
    let core = try folder.write(bytes, to: "in.core")
    for options in [
      [], ["--block-size", "64K", "--content-checksum"], ["--lost-range", "1000000:70000"],
    ] {
      let expected = try archive(core.string, .none, options, in: folder)
      // Only a file has a time.
      let timeless = try archive("-", .bytes(bytes), options, in: folder)
      #expect(Self.manifest(of: timeless).contains(#""died":null"#), "a pipe, \(options)")
      #expect(Self.manifest(of: expected).contains(#""by":"mtime""#), "\(options)")
      for program in ["zstd", "lz4"] {
        let packed = try pack(core, program, in: folder)
        #expect(
          try archive(packed.string, .none, options, in: folder) == expected,
          "\(program), \(options)")
        let piped = try ReferenceSource.contents(of: packed)
        #expect(
          try archive("-", .bytes(piped), options, in: folder) == timeless,
          "\(program) by a pipe, \(options)")
      }
    }
    #expect(try folder.names().filter { $0.hasPrefix(".") } == [])
  }

  @Test("that was cut holds the core that repair makes of it, and says which was cut")
  func cutStream() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(Self.mixed, to: "in.core")
    for program in ["zstd", "lz4"] {
      let packed = try pack(core, program, in: folder)
      let whole = try ReferenceSource.contents(of: packed)
      for part in [whole.count / 3, whole.count - 1000] {
        let cut = try folder.write(Array(whole.prefix(part)), to: "cut")
        let repaired = folder.file("repaired")
        try Tool.coresalvage(
          "-q", "--force", "--extend", "none", cut.string, repaired.string
        ).runSuccessfully()
        let kept = folder.file("cut.core.lz4")
        let told = try Tool.coresalvage("archive", "--force", cut.string, kept.string)
          .runSuccessfully()
        #expect(told.text.contains("the \(program) stream was cut"), "\(told)")
        let restored = folder.file("restored")
        try Tool.coresalvage("restore", "-q", "--force", kept.string, restored.string)
          .runSuccessfully()
        #expect(
          try ReferenceSource.contents(of: restored) == ReferenceSource.contents(of: repaired),
          "\(program), \(part) of \(whole.count)")
      }
    }
  }

  @Test("needs no room on disk for the core", .needs(.mounts))
  func temporaryFolder() throws {
    let folder = try ScratchFolder()
    let place = try folder.makeFolder("small")
    let mounted = try Tool("mount", ["-t", "tmpfs", "-o", "size=4m", "none", place.string]).run()
    try #require(mounted.ending == .exit(0), "\(mounted)")
    defer { _ = try? Tool("umount", [place.string]).run() }
    let bytes = Array(Self.core([Self.repeated(60 << 20)]).dropLast(5000))
    let core = try folder.write(bytes, to: "in.core")
    let expected = try archive(core.string, .none, [], in: folder)
    let options = ["--temp-dir", place.string]
    let timeless = try archive("-", .bytes(bytes), [], in: folder)
    #expect(try archive("-", .bytes(bytes), options, in: folder) == timeless, "a pipe")
    let packed = try pack(core, "zstd", in: folder)
    #expect(try archive(packed.string, .none, options, in: folder) == expected, "zstd")
    // All of the core has no room there.
    var tool = Tool.coresalvage(["-q", "-", "-"] + options)
    tool.input = .bytes(bytes)
    #expect(try tool.run().errorText.contains("No space left on device"))
    // Nor has what can't be compressed.
    var random = SeededGenerator(seed: 13)
    tool = Tool.coresalvage(
      ["archive", "-q", "--force", "-", folder.file("no.core.lz4").string] + options)
    tool.input = .bytes(Self.core([random.nonZeroBytes(8 << 20)]))
    let result = try tool.run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("No space left on device"), "\(result)")
    #expect(try FileTree.names(in: place) == [])
    #expect(!FileTree.exists(folder.file("no.core.lz4")))
  }
}
