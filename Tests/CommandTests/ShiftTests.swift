import SystemPackage
import TestSupport
import Testing

/// A core that a bad copy left a block out of, or wrote one twice into, with gdb as judge.
@Suite("a core with a block missing inside")
struct ShiftTests {
  private struct Copies {
    let folder: ScratchFolder
    let whole: FilePath
    let bytes: [UInt8]

    init() throws {
      folder = try ScratchFolder()
      let path = try SampleCores.fixture("bakery.whole.core", into: folder)
      whole = path
      bytes = try ReferenceSource.contents(of: path)
    }

    /// In the untouched part of a stack: behind it come a thread, libraries and the main stack.
    func write(_ kind: BlockDamage.Kind, size: Int = 4096, to name: String) throws -> FilePath {
      let damage = BlockDamage(kind, at: 0x246_f000, size: size)
      return try folder.write(damage.applied(to: bytes), to: name)
    }

    func frames(_ core: FilePath) throws -> Int {
      let program = SampleCores.fixtures.appending("bin/bakery")
      return try GDB(core, program: program).view().namedFrames
    }
  }

  @Test(
    "is never whole, and no command shows what was moved as memory",
    arguments: BlockDamage.Kind.allCases)
  func neverWhole(kind: BlockDamage.Kind) throws {
    let copies = try Copies()
    let core = try copies.write(kind, to: "in.core")
    let check = try Tool.coresalvage("check", core.string).run()
    #expect(check.ending == .exit(1) && !check.text.contains("whole"), "\(check)")
    let inspection = try Tool.coresalvage("inspect", core.string).run()
    #expect(inspection.ending == .exit(1), "\(inspection)")
    #expect(inspection.text.contains("copy-blocks"), "\(inspection)")
    let output = copies.folder.file("out.core")
    let repair = try Tool.coresalvage("--rebuild", "none", core.string, output.string).run()
    #expect(repair.ending == .exit(0) && repair.text.contains("--shifts mend"), "\(repair)")
    let comparison = try MemoryComparison(
      ReferenceCore(contentsOf: copies.whole), ReferenceCore(contentsOf: output))
    #expect(comparison.different.isEmpty, "\(comparison)")
    let lost = try #require(try ReferenceCore(contentsOf: output).lost())
    let moved = try #require(lost.entries.first { $0.cause == 3 && $0.address != 0 })
    let address = "0x" + String(moved.address, radix: 16)
    let memory = try Tool.coresalvage("cat", core.string, address, "16").run()
    #expect(memory.ending != .exit(0) && memory.output.isEmpty, "\(memory)")
  }

  @Test(
    "is doubted aloud by a plain repair, on the terminal and in the note, wherever the block was",
    .needs(.kernelCores, .gcc), arguments: [4096, 8192, 1234])
  func aloud(size: Int) throws {
    let core = try SharedCores.small()
    let bytes = try ReferenceSource.contents(of: core.path)
    let folder = try ScratchFolder()
    // Of all that is long enough, the main stack and what is behind it apart: there nothing later tells.
    let loads = try ReferenceCore(bytes).loads.filter { $0.fileSize > 3 * 4096 }
    let places = loads.dropLast().map { Int($0.offset + $0.fileSize / 2) / 4096 * 4096 }
    #expect(places.count > 4)
    for place in places {
      let damaged = BlockDamage(.removed, at: place, size: size).applied(to: bytes)
      let input = try folder.write(damaged, to: "in.core")
      let output = folder.file("out.core")
      let repair = try Tool.coresalvage("-f", input.string, output.string).runSuccessfully().text
      let doubt = try #require(
        repair.firstMatch(
          of: /(\d+) bytes are missing somewhere between offsets (\d+) and (\d+)\./),
        "\(place): \(repair)")
      #expect(Int(doubt.1) == size, "\(repair)")
      let (start, end) = try (#require(Int(doubt.2)), #require(Int(doubt.3)))
      #expect((start...end).contains(place) && (start...end).contains(place + size), "\(repair)")
      #expect(repair.contains("are lost as they stand; --shifts mend"), "\(repair)")
      let note = try Tool.coresalvage("note", output.string).runSuccessfully().text
      #expect(note.contains("  damage    \(doubt.0)\n"), "\(note)")
      // A repaired one says it again, and an archive of it.
      let again = folder.file("again.core")
      try Tool.coresalvage("-q", "-f", output.string, again.string).runSuccessfully()
      #expect(
        try ReferenceSource.contents(of: again) == ReferenceSource.contents(of: output))
    }
  }

  @Test("tells the place where it is in the notes, and keeps all threads but the one there")
  func inNotes() throws {
    let copies = try Copies()
    let whole = try ReferenceCore(contentsOf: copies.whole)
    // The last one reaches out of the notes into memory.
    let cases = [
      (0x2000, 512, 5), (0x2000, 200, 5), (0x2cc8, 64, 5), (0x2cd0, 356, 5), (0x39c8, 4096, 4),
      (0xa80, 32, 5), (0xa95, 1 << 20, 0),
    ]
    for (place, size, threads) in cases {
      let damaged = BlockDamage(.removed, at: place, size: size).applied(to: copies.bytes)
      let input = try copies.folder.write(damaged, to: "in.core")
      for options in [[], ["--shifts", "mend"]] {
        let output = copies.folder.file("out.core")
        let repair = try Tool.coresalvage(
          ["-f", "--rebuild", "none"] + options + [input.string, output.string]
        ).run()
        let doubt = try #require(
          (repair.text + repair.errorText).firstMatch(
            of: /(\d+) bytes are missing somewhere between offsets (\d+) and (\d+)[.;]/),
          "\(repair)")
        let (start, end) = try (#require(Int(doubt.2)), #require(Int(doubt.3)))
        #expect(Int(doubt.1) == size && start <= place && place + size <= end, "\(repair)")
        // Of one that has no thread and no memory in its place nothing can be made.
        if threads == 0, options.isEmpty {
          #expect(repair.ending == .exit(2) && repair.errorText.contains("--shifts mend"))
          continue
        }
        let repaired = try ReferenceCore(contentsOf: output)
        #expect(repaired.threadIDs.count == threads, "\(place), \(size), \(options)")
        for thread in repaired.threads { #expect(whole.threads.contains(thread)) }
        let comparison = try MemoryComparison(whole, repaired)
        #expect(comparison.different.isEmpty, "\(place), \(size): \(comparison)")
        if !options.isEmpty { #expect(comparison.equalBytes > 300_000, "\(comparison)") }
      }
    }
  }

  @Test(
    "is told of by every command that reads the repaired core, and by its page",
    arguments: ["lose", "mend"])
  func toldAfterwards(shifts: String) throws {
    let copies = try Copies()
    let core = try copies.write(.removed, to: "in.core")
    let output = copies.folder.file("out.core")
    try Tool.coresalvage("-q", "--shifts", shifts, core.string, output.string).runSuccessfully()
    let sentence = "4096 bytes are missing somewhere between offsets"
    let check = try Tool.coresalvage("check", "-v", output.string).run().text
    #expect(check.contains("bytes missing inside") && check.contains(sentence), "\(check)")
    #expect(!check.contains("cut after"), "\(check)")
    let state = try ParsedJSON(Tool.coresalvage("check", "--json", output.string).run().text)
    #expect(state["moved"]?.array?.first?["missing"]?.number == 4096, "\(state)")
    let inspection = try Tool.coresalvage("inspect", output.string).run().text
    #expect(inspection.contains("copy-blocks") && inspection.contains(sentence), "\(inspection)")
    let put = "The repair put what came after that back to its place."
    #expect(inspection.contains(put) == (shifts == "mend"), "\(inspection)")
    let json = try ParsedJSON(Tool.coresalvage("inspect", "--json", output.string).run().text)
    #expect(json["wayIn"]?["moved"]?.array?.first?["missing"]?.number == 4096)
    #expect(json["wayIn"]?["mended"]?.bool == (shifts == "mend"))
    let page = copies.folder.file("out.html")
    try Tool.coresalvage("inspect", "--html", page.string, output.string).runSuccessfully()
    let text = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    #expect(text.contains(sentence))
  }

  @Test("is mended: what was moved is where it belongs, and gdb finds it", .needs(.gdb))
  func mended() throws {
    let copies = try Copies()
    let core = try copies.write(.removed, to: "in.core")
    let output = copies.folder.file("out.core")
    let repair = try Tool.coresalvage("--shifts", "mend", core.string, output.string).run()
    #expect(repair.text.contains("4096 bytes are missing somewhere between"), "\(repair)")
    #expect(repair.text.contains("put back to their places"), "\(repair)")
    let mended = try ReferenceCore(contentsOf: output)
    let comparison = try MemoryComparison(ReferenceCore(contentsOf: copies.whole), mended)
    #expect(comparison.different.isEmpty, "\(comparison)")
    // All but the stack that the block is missing in.
    #expect(comparison.equalBytes > UInt64(copies.bytes.count) - (9 << 20), "\(comparison)")
    let again = try Tool.coresalvage("check", output.string).run()
    #expect(again.text.contains("bytes missing inside"), "\(again)")
    let note = try Tool.coresalvage("note", output.string).runSuccessfully()
    #expect(note.text.contains(#""shifts":"mend""#), "\(note)")
    let before = try copies.frames(core)
    let after = try copies.frames(output)
    #expect(after >= before && after > 40, "\(before) frames before, \(after) after")
  }

  @Test("is mended the same from a pipe, into a pipe and into an archive")
  func ways() throws {
    let copies = try Copies()
    let folder = copies.folder
    let core = try copies.write(.doubled, size: 65_536, to: "in.core")
    let mend = ["-q", "--extend", "due", "--shifts", "mend"]
    let expected = folder.file("expected.core")
    try Tool.coresalvage(mend + [core.string, expected.string]).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: expected)

    var piped = Tool.coresalvage(mend + ["-", folder.file("piped.core").string])
    piped.input = .file(core)
    try piped.runSuccessfully()
    let command = "cat in.core | \(Tool.coresalvagePath) \(mend.joined(separator: " "))"
    var stream = Tool("sh", ["-c", "\(command) - streamed.core && \(command) - - > out.core"])
    stream.folder = folder.path
    try stream.runSuccessfully()
    let archive = folder.file("in.core.lz4")
    try Tool.coresalvage(["archive"] + mend + [core.string, archive.string]).runSuccessfully()
    try Tool.coresalvage("restore", "-q", archive.string, folder.file("restored.core").string)
      .runSuccessfully()
    for name in ["piped.core", "restored.core"] {
      #expect(try ReferenceSource.contents(of: folder.file(name)) == bytes, "\(name)")
    }
    // A pipe has no time, which the note ORIGIN else has.
    let streamed = try ReferenceSource.contents(of: folder.file("streamed.core"))
    #expect(try ReferenceSource.contents(of: folder.file("out.core")) == streamed)
    #expect(try ReferenceCore(streamed).lost() == ReferenceCore(bytes).lost())
  }

  @Test("is repaired in place without being mended, and that is taken back")
  func inPlace() throws {
    let copies = try Copies()
    let core = try copies.write(.removed, to: "in.core")
    let before = try ReferenceSource.contents(of: core)
    let refused = try Tool.coresalvage("--in-place", "--shifts", "mend", core.string).run()
    #expect(refused.ending == .exit(2), "\(refused)")
    #expect(try ReferenceSource.contents(of: core) == before)
    try Tool.coresalvage("-q", "--in-place", "--rebuild", "none", core.string).runSuccessfully()
    let comparison = try MemoryComparison(
      ReferenceCore(contentsOf: copies.whole), ReferenceCore(contentsOf: core))
    #expect(comparison.different.isEmpty, "\(comparison)")
    try Tool.coresalvage("undo", core.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: core) == before)
  }

  @Test("or bytes after its end is told of in JSON; a checksum after it is no damage")
  func json() throws {
    let copies = try Copies()
    let core = try copies.write(.removed, to: "in.core")
    let moved = try Tool.coresalvage("-n", "--json", core.string).runSuccessfully()
    #expect(moved.text.contains(#""missing":4096,"surplus":0"#), "\(moved)")
    for (size, status) in [(20, 0), (4096, 1)] as [(Int, Int32)] {
      let longer = try copies.folder.write(
        copies.bytes + [UInt8](repeating: 7, count: size), to: "longer.core")
      let check = try Tool.coresalvage("check", longer.string).run()
      #expect(check.ending == .exit(status), "\(check)")
      let repair = try Tool.coresalvage("-n", longer.string).runSuccessfully()
      #expect(repair.text.contains("goes on for \(size) bytes after the end"), "\(repair)")
    }
  }

  @Test("is not deleted by a batch that leaves out what could be put back")
  func batch() throws {
    let copies = try Copies()
    let input = try copies.folder.makeFolder("in")
    let core = try copies.write(.removed, to: "in/a.core")
    for (shifts, isKept) in [("lose", true), ("mend", false)] {
      let output = copies.folder.file(shifts)
      try Tool.coresalvage(
        "batch", "-q", "--delete-input", "--shifts", shifts, "--output", output.string,
        input.string
      ).runSuccessfully()
      #expect(try FileTree.names(in: output) == ["a.core"])
      #expect(FileTree.exists(core) == isKept, "\(shifts)")
    }
  }
}
