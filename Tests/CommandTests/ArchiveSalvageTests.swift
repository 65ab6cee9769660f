import SystemPackage
import TestSupport
import Testing

@Suite("restore and verify of a damaged archive")
struct ArchiveSalvageTests {
  let folder: ScratchFolder
  let built: BuiltCore
  let whole: ReferenceCore
  let archive: [UInt8]

  init() throws {
    folder = try ScratchFolder(in: .memory)
    var random = SeededGenerator(seed: 3)
    var builder = CoreBuilder.typical()
    for index in 0..<6 {
      builder.segments.append(
        BuilderSegment(
          at: 0x8000_0000 + UInt64(index) << 20,
          Array(repeatElement(random.nonZeroBytes(64), count: 640).joined())))
    }
    built = builder.build()
    whole = try ReferenceCore(built.bytes)
    let core = try folder.write(built.bytes, to: "in.core")
    try Tool.coresalvage("archive", "-q", "--block-size", "64K", core.string).runSuccessfully()
    archive = try ReferenceSource.contents(of: folder.file("in.core.lz4"))
  }

  /// Restores and judges: exact, or a core that shows only what was there and lists the rest.
  func restore(_ bytes: [UInt8], _ what: String) throws -> ToolResult {
    let path = try folder.write(bytes, to: "bad.core.lz4")
    let out = folder.file("out.core")
    let result = try Tool.coresalvage("restore", "--force", path.string, out.string).run()
    switch result.status {
    case 0: #expect(try ReferenceSource.contents(of: out) == built.bytes, "\(what)")
    case 1:
      let core = try ReferenceCore(contentsOf: out)
      let lost = try #require(try core.lost(), "\(what)")
      #expect(lost.entries.allSatisfy { $0.cause == 3 }, "\(what)")
      for segment in core.loads where segment.fileSize > 0 {
        let count = Int(segment.fileSize)
        let shown = try core.wholeBytes(at: segment.address, count: count)
        #expect(try shown == whole.wholeBytes(at: segment.address, count: count), "\(what)")
      }
      let saved = core.readableRanges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
      let all = whole.readableRanges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
      #expect(saved + lost.memory.reduce(0) { $0 + $1.length } == all, "\(what)")
    case 2: break  // nothing left of it
    default: Issue.record("\(what): \(result)")
    }
    return result
  }

  @Test("flipped bytes, cuts and bad sectors: an honest core, and never another one")
  func damage() throws {
    for position in stride(from: 3, to: archive.count, by: max(1, archive.count / 25)) {
      var flipped = archive
      flipped[position] ^= 0x20
      #expect(try restore(flipped, "flipped \(position)").status != 2)
      _ = try restore(Array(archive[..<position]), "cut \(position)")
      var holed = archive
      let sector = position..<min(position + 512, archive.count)
      holed.replaceSubrange(sector, with: repeatElement(0, count: sector.count))
      #expect(try restore(holed, "zeroed \(position)").status != 2)
      holed.removeSubrange(sector)
      #expect(try restore(holed, "missing \(position)").status != 2)
    }
  }

  @Test("gdb reads what survived", .needs(.gdb))
  func gdbReads() throws {
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let path = folder.file("bakery.core.lz4")
    try Tool.coresalvage("archive", "-q", core.string, path.string).runSuccessfully()
    var bytes = try ReferenceSource.contents(of: path)
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "bakery.core.lz4")
    let out = folder.file("out.core")
    #expect(try Tool.coresalvage("restore", "-q", path.string, out.string).run().status == 1)
    let gdb = try Tool(
      "gdb", ["-nx", "-batch", "-core", out.string, "-ex", "info threads"]
    )
    .runSuccessfully()
    #expect(gdb.lines.count { $0.contains(" LWP 105") && $0.contains(" in ") } == 6)
    #expect(!gdb.lines.contains { $0.contains("not a core dump") || $0.contains("past end") })
  }

  @Test("verify names what is bad, in a folder too, and its status says the worst")
  func verify() throws {
    var bytes = archive
    bytes[archive.count / 2] ^= 1
    let place = try folder.makeFolder("kept")
    try folder.write(bytes, to: "kept/bad.core.lz4")
    try folder.write(archive, to: "kept/good.core.lz4")
    try folder.write([1, 2, 3], to: "kept/other.txt")
    let quiet = try Tool.coresalvage("verify", "--quiet", place.string).run()
    #expect(quiet.status == 1)
    #expect(quiet.lines.first?.contains("bad.core.lz4: damaged") == true)
    #expect(!quiet.text.contains("good"))
    let json = try Tool.coresalvage("verify", "--json", place.string).run()
    #expect(json.lines.count == 2)
    let missing = try Tool.coresalvage("verify", folder.file("no").string, place.string).run()
    #expect(missing.status == 3)
    try folder.write([1, 2, 3], to: "kept/none.core.lz4")
    #expect(try Tool.coresalvage("verify", "-q", place.string).run().status == 2)
    #expect(
      try Tool.coresalvage("verify", folder.file("in.core.lz4").string).run().status == 0)
  }

  @Test("killed at any moment, archive and restore leave no OUT but a whole one")
  func killed() throws {
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let archive = folder.file("big.core.lz4")
    try Tool.coresalvage("archive", "-q", core.string, archive.string).runSuccessfully()
    for step in 0..<12 {
      for (verb, input) in [("archive", core), ("restore", archive)] {
        let out = folder.file("out-\(verb)-\(step)")
        var tool = Tool.coresalvage([verb, "-q", input.string, out.string])
        tool.timeout = .milliseconds(2 + 4 * step)
        let result = try tool.run()
        #expect(result.status != 0 || FileTree.exists(out), "\(verb), step \(step)")
        // The end may come between the name and the exit.
        guard FileTree.exists(out) else { continue }
        let whole = verb == "archive" ? archive : core
        #expect(
          try Tool("cmp", [out.string, whole.string]).run().status == 0, "\(verb), step \(step)")
      }
    }
  }
}
