import Glibc
import SystemPackage
import Testing
import TestSupport

/// The system says no while the output is written.
@Suite("a full disk")
struct FullDiskTests {
  private static let bytes: [UInt8] = {
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(seed: 7)
    builder.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(1 << 20)))
    return builder.build().bytes.dropLast(5000)
  }()

  @Test("ends with status 3 and leaves nothing", .needs(.mounts))
  func tmpfs() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    let place = try folder.makeFolder("small")
    let mounted = try Tool("mount", ["-t", "tmpfs", "-o", "size=512k", "none", place.string]).run()
    try #require(mounted.ending == .exit(0), "\(mounted)")
    defer { _ = try? Tool("umount", [place.string]).run() }
    for options in [[], ["--sparse", "never"], ["--extend", "none"]] {
      let result = try Tool.coresalvage(
        [input.string, place.appending("out").string] + options
      ).run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains("write: No space left on device"), "\(result)")
      #expect(result.output.isEmpty)
      #expect(try FileTree.names(in: place) == [])
    }
    // An output that is to be replaced stays as it was.
    let old = place.appending("out")
    try Tool("cp", ["/etc/hostname", old.string]).runSuccessfully()
    let before = try ReferenceSource.contents(of: old)
    let result = try Tool.coresalvage(input.string, old.string, "--force").run()
    #expect(result.ending == .exit(3))
    #expect(try ReferenceSource.contents(of: old) == before)
    #expect(try FileTree.names(in: place) == ["out"])
  }

  @Test(
    "or a limit on the size of files ends with status 3 and leaves nothing",
    arguments: ["4096", "65536", "1000000"])
  func fileSizeLimit(limit: String) throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    var tool = Tool.coresalvage(input.string, folder.file("out").string)
    tool.limits["fsize"] = limit
    let result = try tool.run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("File too large"), "\(result)")
    #expect(try folder.names() == ["in.core"])
  }

  @Test("under the report makes a failure of it, and the output is there")
  func fullStandardOutput() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    let words = [
      "out": [input.string], "slim": ["slim", input.string], "lz4": ["archive", input.string],
      "in.core": ["--in-place", input.string], "": ["note", input.string],
    ]
    // In place comes last: it changes the input.
    for (name, arguments) in words.sorted(by: { $0.key > $1.key }) {
      let isOutput = !["", "in.core"].contains(name)
      var tool = Tool.coresalvage(arguments + (isOutput ? [folder.file(name).string] : []))
      tool.output = .file("/dev/full")
      let result = try tool.run()
      #expect(result.ending == .exit(3), "\(result)")
      let rest =
        name.isEmpty
        ? "" : "; only the report is lacking, \(folder.file(name)) is written"
      #expect(
        result.errorText
          == "coresalvage: standard output: write: No space left on device\(rest)\n")
    }
    let due = folder.file("due").string
    try folder.write(Self.bytes, to: "again.core")
    try Tool.coresalvage("-q", folder.file("again.core").string, due).runSuccessfully()
    #expect(
      try ReferenceSource.contents(of: folder.file("out"))
        == ReferenceSource.contents(of: FilePath(due)))
    // A core that did not get there is not written.
    var tool = Tool.coresalvage(folder.file("again.core").string, "-")
    tool.output = .file("/dev/full")
    let failed = try tool.run()
    #expect(failed.ending == .exit(3) && !failed.errorText.contains("is written"), "\(failed)")
  }

  @Test("is no reason to hide the hole when only the due size can't be had")
  func sizeLimitOfDueSize() throws {
    var builder = CoreBuilder.typical()
    builder.segments[4].memorySize = 1 << 62
    let core = builder.build()
    var bytes = core.bytes
    let entry = core.tableRange.upperBound - 56
    for index in 0..<8 {
      bytes[entry + 32 + index] = UInt8(truncatingIfNeeded: (UInt64(1) << 61) >> UInt64(8 * index))
    }
    let folder = try ScratchFolder()
    let input = try folder.write(bytes, to: "in.core")
    let output = folder.file("out")
    for lost in ["drop", "zero", "pad"] {
      let result = try Tool.coresalvage(
        input.string, output.string, "--force", "--lost", lost
      ).run()
      #expect(result.ending == .exit(0), "\(result)")
      #expect(result.text.contains("written without the hole"), "\(result)")
      let repaired = try ReferenceCore(contentsOf: output)
      #expect(repaired.threadIDs.count == 3)
      #expect(repaired.loads.allSatisfy { $0.fileRange.upperBound <= UInt64(bytes.count) })
    }
  }
}
