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
        "\"size\":\(input.count),\"verified\":\(head + notes),\"unchecked\":\(input.count - head - notes),\"unknown\":0,\"damage\":[]}\n"
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
    try Tool.coresalvage("undo", path.string).runSuccessfully()
  }

  @Test(
    "of a core that was made longer since changes nothing, and says the command after which it can be undone"
  )
  func madeLonger() throws {
    let folder = try ScratchFolder()
    let (path, input, _) = try repaired(in: folder)
    let bytes = try ReferenceSource.contents(of: path)
    for (number, added) in [1, 7, 512, 5000].enumerated() {
      // What a shell or a program would read otherwise.
      let name = number % 2 == 0 ? "it's a \"core\" $x" : "-s 1"
      let longer = bytes + [UInt8](repeating: 0x2a, count: added)
      let copy = try folder.write(longer, to: name)
      for options in [["-n"], ["--json"], []] {
        var tool = Tool.coresalvage(["undo"] + options + ["--", name])
        tool.folder = folder.path
        let result = try tool.run()
        #expect(result.ending == .exit(2), "\(added): \(result)")
        #expect(result.errorText.contains("was made longer since it was repaired"), "\(result)")
        #expect(try ReferenceSource.contents(of: copy) == longer)
        guard options.isEmpty else { continue }
        let parts = result.errorText.split(separator: "`")
        let command = try #require(parts.first { $0.hasPrefix("truncate ") })
        #expect(command.hasPrefix("truncate -s \(bytes.count) "), "\(command)")
        var shell = Tool("bash", ["-c", String(command)])
        shell.folder = folder.path
        try shell.runSuccessfully()
        try tool.runSuccessfully()
        #expect(try ReferenceSource.contents(of: copy) == input, "\(added)")
      }
    }
  }

  @Test(
    "of a core whose end was cut off since tells what is known of a repair, and gives the core back only where it is all there"
  )
  func cutSince() throws {
    let folder = try ScratchFolder()
    let (path, input, _) = try repaired(in: folder)
    let bytes = try ReferenceSource.contents(of: path)
    func place(_ name: String) throws -> Int {
      let owner = Array("CORESALVAGE\0".utf8)
      let kinds = ["LOST": 1, "ORIGIN": 2, "HEAD": 5] as [String: UInt8]
      let type = [try #require(kinds[name]), 0x4c, 0x41, 0x53] as [UInt8]
      return try #require(
        (input.count..<bytes.count - 24).first {
          bytes[$0 + 8..<$0 + 24].elementsEqual(type + owner)
        })
    }
    let (lost, origin, head) = (try place("LOST"), try place("ORIGIN"), try place("HEAD"))
    let first = lost + 24
    #expect(input.count < lost && lost < origin && origin < head)
    var outcomes: Set<String> = []
    for size in [
      input.count - 5000, input.count, input.count + 4000, lost - 8, lost, first - 1, first,
      first + 40,
      origin - 1, origin, origin + 24, origin + 60, head, head + 24, bytes.count - 8,
      bytes.count - 5,
      bytes.count - 1,
    ] {
      let cut = Array(bytes[..<size])
      let copy = try folder.write(cut, to: "cut")
      let result = try Tool.coresalvage("undo", copy.string).run()
      let text = result.errorText
      if result.ending == .exit(0) {
        #expect(try ReferenceSource.contents(of: copy) == input, "\(size)")
        outcomes.insert("undone")
        continue
      }
      #expect(result.ending == .exit(2), "\(size): \(result)")
      #expect(try ReferenceSource.contents(of: copy) == cut, "\(size)")
      #expect(
        text.contains("it ends at \(size)") && !text.contains("`truncate"), "\(size): \(text)")
      #expect(!text.contains("there is nothing to undo"), "\(size): \(text)")
      let told =
        size >= origin + 24
        ? "was repaired by coresalvage"
        : size >= first ? "has notes of coresalvage" : "whether it was repaired can't be told"
      #expect(text.contains(told), "\(size): \(text)")
      outcomes.insert(told)
    }
    #expect(outcomes.subtracting(["undone"]).count == 3, "\(outcomes)")
  }

  @Test("of a core that was cut in its first notes doesn't say that nobody repaired it")
  func cutInNotes() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build()
    let path = try folder.write(core.cut(to: core.noteRanges[2].lowerBound + 30), to: "core")
    let result = try Tool.coresalvage("undo", path.string).run()
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("whether it was repaired can't be told"), "\(result)")
    let whole = try folder.write(core.cut(to: core.bytes.count - 5000), to: "memory")
    let other = try Tool.coresalvage("undo", whole.string).run()
    #expect(other.errorText.contains("there is nothing to undo"), "\(other)")
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
