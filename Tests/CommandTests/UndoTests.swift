import Glibc
import SystemPackage
import TestSupport
import Testing

/// What an undo knows, and what it says.
@Suite("an undo")
struct UndoTests {
  private func repaired(
    in folder: ScratchFolder
  ) throws -> (path: FilePath, input: [UInt8], core: BuiltCore) {
    let core = CoreBuilder.typical().build()
    let input = core.cut(to: core.bytes.count - 5000)
    let path = try folder.write(input, to: "core")
    try Tool.coresalvage("-q", "--in-place", path.string).runSuccessfully()
    return (path, input, core)
  }

  private func change(_ path: FilePath, at offset: Int) throws {
    var bytes = try ReferenceSource.contents(of: path)
    bytes[offset] ^= 1
    let file = try FileDescriptor.open(path, .writeOnly)
    defer { try? file.close() }
    _ = try file.writeAll(toAbsoluteOffset: Int64(offset), bytes[offset...offset])
  }

  @Test("says which bytes it has checked, and that memory is none of them")
  func words() throws {
    let folder = try ScratchFolder()
    let (path, input, core) = try repaired(in: folder)
    let changed = core.segmentRanges[1].lowerBound + 20
    try change(path, at: changed)
    let result = try Tool.coresalvage("undo", path.string).runSuccessfully()
    #expect(!result.text.contains("again as it was"), "\(result)")
    #expect(result.text.contains("unchecked"), "\(result)")
    #expect(result.text.contains("the repair never wrote the memory"), "\(result)")
    var expected = input
    expected[changed] ^= 1
    #expect(try ReferenceSource.contents(of: path) == expected)
  }

  @Test("of an archive or a bundle says that it is packed, and changes nothing")
  func packed() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "core")
    for (verb, name) in [("archive", "x.core.lz4"), ("bundle", "x.tar.zst"), ("bundle", "x.tar")] {
      let path = folder.file(name)
      try Tool.coresalvage(verb, "-q", core.string, path.string).runSuccessfully()
      let before = try ReferenceSource.contents(of: path)
      for option in [[], ["-n"]] {
        let result = try Tool.coresalvage(["undo", path.string] + option).run()
        #expect(result.ending == .exit(2), "\(result)")
        #expect(result.errorText.contains("is packed: only the core itself"), "\(result)")
      }
      #expect(try ReferenceSource.contents(of: path) == before)
    }
  }

  @Test("gives its numbers as JSON")
  func json() throws {
    let folder = try ScratchFolder()
    let (path, input, core) = try repaired(in: folder)
    let result = try Tool.coresalvage("undo", "--json", path.string).runSuccessfully()
    let head = 64 + 56 * (core.segmentRanges.count + 1)
    let notes = try #require(core.noteRanges.last).upperBound - core.noteRanges[0].lowerBound
    #expect(
      result.text.hasSuffix(
        "\"size\":\(input.count),\"verified\":\(head + notes),\"unchecked\":\(input.count - head - notes),\"unknown\":0}\n"
      ), "\(result)")
  }

  @Test("refuses a core whose header, table, notes or end were changed since")
  func isRefused() throws {
    let folder = try ScratchFolder()
    let (path, _, core) = try repaired(in: folder)
    let bytes = try ReferenceSource.contents(of: path)
    let notes = core.noteRanges[1]
    // The old notes; and what the HEAD note has of the header, at the end.
    for offset in [notes.lowerBound + 20, bytes.count - 40] {
      try change(path, at: offset)
      let result = try Tool.coresalvage("undo", path.string).run()
      #expect(result.ending == .exit(2), "\(offset): \(result)")
      #expect(result.errorText.contains("was changed since it was repaired"), "\(result)")
      try change(path, at: offset)
      #expect(try ReferenceSource.contents(of: path) == bytes)
    }
    for size in [bytes.count + 1, bytes.count + 5000] {
      #expect(truncate(path.string, size) == 0)
      let result = try Tool.coresalvage("undo", path.string).run()
      #expect(result.ending == .exit(2), "\(size): \(result)")
      #expect(result.errorText.contains("its end is not where the repair put it"), "\(result)")
    }
    #expect(truncate(path.string, bytes.count) == 0)
    try Tool.coresalvage("undo", path.string).runSuccessfully()
  }

  @Test("refuses what no repair has made, and changes nothing")
  func noRepair() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build()
    for (name, bytes) in [
      ("cut", core.cut(to: core.bytes.count - 5000)), ("whole", core.bytes),
      ("text", Array("no core".utf8)), ("empty", []),
    ] {
      let path = try folder.write(bytes, to: name)
      let result = try Tool.coresalvage("undo", path.string).run()
      #expect(result.ending == .exit(2), "\(name): \(result)")
      #expect(try ReferenceSource.contents(of: path) == bytes, "\(name)")
    }
  }

  @Test("of a core that was repaired twice goes back one repair at a time")
  func twice() throws {
    let folder = try ScratchFolder()
    let (path, input, core) = try repaired(in: folder)
    let once = try ReferenceSource.contents(of: path)
    let lost = core.segmentRanges[1].lowerBound + 4096
    try Tool.coresalvage("-q", "--in-place", "--lost-range", "\(lost):4096", path.string)
      .runSuccessfully()
    #expect(try ReferenceSource.contents(of: path) != once)
    try Tool.coresalvage("undo", "-q", path.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: path) == once)
    try Tool.coresalvage("undo", "-q", path.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: path) == input)
  }

  @Test("of a repaired copy gives the input's bytes")
  func copy() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build()
    let input = core.cut(to: core.bytes.count - 5000)
    let path = try folder.write(input, to: "core")
    try Tool.coresalvage("-q", path.string, folder.file("out").string).runSuccessfully()
    try Tool.coresalvage("undo", "-q", folder.file("out").string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: folder.file("out")) == input)
  }
}
