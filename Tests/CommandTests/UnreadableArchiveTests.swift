import SystemPackage
import TestSupport
import Testing

/// What the device can't read of an archive is damage, as zeros in its place are.
extension UnreadableTests {
  /// A core of some groups, and its archive.
  private func archive(in folder: ScratchFolder) throws -> (core: FilePath, archive: FilePath) {
    var random = SeededGenerator(seed: 21)
    var builder = CoreBuilder.typical()
    for index in 0..<8 {
      builder.segments.append(
        BuilderSegment(at: 0x7000_0000_0000 + UInt64(index) << 24, random.nonZeroBytes(65_536)))
    }
    let core = try folder.write(builder.build().bytes, to: "in.core")
    let archive = folder.file("in.core.lz4")
    try Tool.coresalvage("archive", "-q", "--block-size", "64K", core.string, archive.string)
      .runSuccessfully()
    return (core, archive)
  }

  @Test("of an archive costs what zeros in its place cost, in every command")
  func ofArchive() throws {
    let folder = try ScratchFolder()
    let (core, archive) = try archive(in: folder)
    let size = try FileTree.size(archive)
    let whole = try ReferenceSource.contents(of: core)
    // The manifest, the seek table, both, a block.
    for bad in [[0..<1], [size - 1..<size], [0..<1, size - 1..<size], [size / 2..<size / 2 + 1]] {
      var bytes = try ReferenceSource.contents(of: archive)
      for page in pages(bad) {
        let range = Int(page) * 4096..<min(Int(page + 1) * 4096, bytes.count)
        bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
      }
      let place = try ScratchFolder()
      let zeroed = try place.write(bytes, to: "core")
      try withFaults(bad, in: archive, place) { file in
        func results(_ arguments: String...) throws -> (ToolResult, ToolResult) {
          func run(_ path: FilePath) throws -> ToolResult {
            try Tool.coresalvage(arguments.map { $0 == "IN" ? path.string : $0 }).run()
          }
          return (try run(zeroed), try run(file))
        }
        let output = folder.file("out")
        let (expected, restored) = try results("restore", "-q", "--force", "IN", output.string)
        #expect(restored.ending == expected.ending, "\(bad): \(restored)")
        if bad == [size - 1..<size] {
          #expect(restored.ending == .exit(0))
          #expect(try ReferenceSource.contents(of: output) == whole)
        }
        for (zeroed, unreadable) in [
          try results("restore", "IN", "-"), try results("cat", "IN", "0x700003000010", "500"),
          try results("-q", "--extend", "none", "IN", "-"),
        ] {
          #expect(unreadable.ending == zeroed.ending, "\(bad): \(unreadable.errorText)")
          #expect(unreadable.output == zeroed.output, "\(bad)")
          #expect(unreadable.output.count >= 500, "\(bad)")
        }
        for verb in ["verify", "check", "inspect", "note"] {
          let (zeroed, unreadable) = try results(verb, "IN")
          #expect(unreadable.ending == zeroed.ending, "\(verb), \(bad): \(unreadable)")
          #expect(!unreadable.errorText.contains("Input/output"), "\(verb), \(bad)")
        }
      }
    }
  }

  @Test("of an archive in a batch is damage, and its input stays where it is")
  func ofArchiveInBatch() throws {
    let folder = try ScratchFolder()
    let (core, archive) = try archive(in: folder)
    let size = try FileTree.size(archive)
    try withFaults([0..<1, size / 2..<size / 2 + 1], in: archive, folder) { file in
      // Its own folder can't be listed.
      let input = try folder.makeFolder("in")
      try Tool("cp", ["--attributes-only", core.string, input.appending("x").string])
        .runSuccessfully()
      let bound = try Tool("mount", ["--bind", file.string, input.appending("x").string]).run()
      try #require(bound.ending == .exit(0), "\(bound)")
      defer { _ = try? Tool("umount", [input.appending("x").string]).run() }
      let output = folder.file("out")
      let result = try Tool.coresalvage(
        "batch", input.string, "--output", output.string, "--delete-input", "--json"
      ).run()
      let told = try BatchOutput(result)
      #expect(told.count("repaired") == 1, "\(result)")
      let record = try #require(told.records("repaired").first)
      #expect(record["inputDeleted"]?.bool == false, "\(result)")
      #expect(record["inputKept"]?.string != nil, "\(result)")
    }
  }

  @Test("of a core is named by check, whose status is 1, wherever in the memory it is")
  func namedByCheck() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "in.core")
    let size = try FileTree.size(core)
    #expect(try Tool.coresalvage("check", core.string).run().ending == .exit(0))
    for page in [2, size / 4096 - 2] {
      try withFaults([page * 4096..<page * 4096 + 1], in: core, ScratchFolder()) { file in
        let result = try Tool.coresalvage("check", file.string).run()
        #expect(result.ending == .exit(1), "page \(page): \(result)")
        #expect(
          result.text.contains("4096 at offset \(page * 4096)"), "page \(page): \(result)")
      }
    }
  }
}
