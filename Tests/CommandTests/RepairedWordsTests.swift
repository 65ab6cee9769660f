import SystemPackage
import TestSupport
import Testing

/// What is told of a repaired core, and of a batch, is what the input was.
@Suite("the words on a repaired core")
struct RepairedWordsTests {
  private static let core = CoreBuilder.typical().build()

  private static func json(_ tool: Tool) throws -> ParsedJSON { try ParsedJSON(tool.run().text) }

  @Test("whose bytes were named as lost: inspect tells who repaired it, which bytes, and why")
  func named() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(Self.core.bytes, to: "in")
    let output = folder.file("out")
    let range = Self.core.segmentRanges[4]
    try Tool.coresalvage(
      "--lost-range", "\(range.lowerBound):4096", input.string, output.string
    ).runSuccessfully()
    let result = try Tool.coresalvage("inspect", output.string).run()
    #expect(result.status == 1)
    for words in ["repaired by coresalvage", "4.0 kB inside it are named as lost"] {
      #expect(result.text.contains(words), "no \(words) in \(result)")
    }
    #expect(!result.text.contains("whole, "), "\(result)")
    let json = try Self.json(.coresalvage("inspect", "--json", output.string))
    #expect(json["lost"]?.array?.count == 1)
    #expect(json["lost"]?.array?.first?["cause"]?.string == "named as lost")
    #expect(json["causes"]?.array == [])
    #expect(json["whole"]?.bool == false && json["repaired"]?.bool == true)
    #expect(json["repairedBy"]?.string?.hasPrefix("coresalvage ") == true)
    #expect(try Tool.coresalvage("check", output.string).run().status == 1)
  }

  @Test(
    "that came from a cut stream: its cause is the stream's, as of the stream itself",
    .needs(.tool("lz4")))
  func stream() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(seed: 3)
    builder.segments.append(BuilderSegment(at: 0x9000_0000, random.nonZeroBytes(3 << 20)))
    let input = try folder.write(builder.build().bytes, to: "in")
    let packed = folder.file("in.lz4")
    try Tool("lz4", ["-q", "-B4", "-BD", input.string, packed.string]).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: packed)
    let cut = try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.lz4")
    let output = folder.file("out")
    try Tool.coresalvage(cut.string, output.string).runSuccessfully()
    for path in [cut, output] {
      let causes = try Self.json(.coresalvage("inspect", "--json", path.string))["causes"]?.array
      #expect(causes?.map { $0["id"]?.string } == ["stream"])
      #expect(causes?.first?["confidence"]?.string == "certain")
    }
  }

  @Test("repaired twice: the losses of both repairs are told, and what it was before the first")
  func twice() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(Array(Self.core.bytes.dropLast(4096)), to: "in")
    try Tool.coresalvage(input.string, folder.file("once").string).runSuccessfully()
    let range = Self.core.segmentRanges[2]
    try Tool.coresalvage(
      "--lost-range", "\(range.lowerBound):4096", folder.file("once").string,
      folder.file("twice").string
    ).runSuccessfully()
    let json = try Self.json(.coresalvage("inspect", "--json", folder.file("twice").string))
    #expect(
      Set(json["lost"]?.array?.compactMap { $0["cause"]?.string } ?? [])
        == ["past end of file", "named as lost"])
    #expect(json["sizeFound"]?.number == Double(Self.core.bytes.count - 4096))
  }

  @Test("a batch's row is the input, its outcome what became of it, its cause the input's")
  func batch() throws {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("in")
    let cut = try folder.write(Array(Self.core.bytes.dropLast(5001)), to: "in/cut.core")
    try folder.write(Self.core.bytes, to: "in/whole.core")
    try folder.write(Array(Self.core.bytes.prefix(100)), to: "in/hopeless.core")
    try Tool.coresalvage(cut.string, folder.file("in/before.core").string).runSuccessfully()
    let alone = try Self.json(.coresalvage("inspect", "--json", cut.string))["causes"]?.array
    let page = folder.file("page.html")
    let command = ["batch", folder.file("in").string, "-o", folder.file("out").string]
    let result = try Tool.coresalvage(command + ["--report", page.string, "--delete-input"]).run()
    #expect(result.status == 1, "\(result)")
    let line = try #require(result.text.split(separator: "\n").first { $0.contains("cut.core:") })
    let best = alone?.first?["id"]?.string ?? "?"
    #expect(line.hasPrefix("repaired") && line.contains(best), "\(line)")
    let html = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    let rows = html.split(separator: "<tr>").filter { $0.contains("th scope=\"row\"") }
    #expect(rows.count == 4)
    for (name, state) in [
      ("cut", "repaired"), ("whole", "whole"), ("hopeless", "beyond repair"),
      ("before", "repaired"),
    ] {
      let row = try #require(rows.first { $0.contains("/in/\(name).core<") }, "no row of \(name)")
      #expect(row.contains(">\(state)</td>"), "\(row)")
    }
    #expect(rows.first { $0.contains("cut.core") }?.contains(best) == true)
    #expect(!html.contains(">damaged<"))
    #expect(html.contains("1 whole, 2 repaired, 1 beyond repair"))
  }

  @Test("batch --json has the causes that inspect has of the input")
  func batchJSON() throws {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("in")
    let cut = try folder.write(Array(Self.core.bytes.dropLast(5001)), to: "in/cut.core")
    let alone = try Self.json(.coresalvage("inspect", "--json", cut.string))["causes"]?.array
    let told = try BatchOutput(
      Tool.coresalvage(
        "batch", folder.file("in").string, "-o", folder.file("out").string, "--json"
      ).run())
    let causes = told.records("repaired").first?["causes"]?.array
    #expect(causes?.isEmpty == false)
    #expect(causes?.map { $0["id"]?.string } == alone?.map { $0["id"]?.string })
    #expect(causes?.map { $0["confidence"]?.string } == alone?.map { $0["confidence"]?.string })
  }

  @Test(
    "a zstd window of a gigabyte is read, and one of 4 GiB is refused in words that say so",
    .needs(.tool("zstd")))
  func windows() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.core.bytes, to: "in")
    let packed = folder.file("in.zst")
    // From a pipe zstd doesn't know the size, so that it keeps the window.
    try Tool("sh", ["-c", "cat '\(input)' | zstd -q --long=30 > '\(packed)'"]).runSuccessfully()
    let result = try Tool.coresalvage("check", packed.string).run()
    #expect(result.status == 0, "\(result)")
    // RFC 8878: magic, no flags, a window of 2^(10 + 22) bytes, the header of a last raw block of one byte.
    let large: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0, 22 << 3, 0x09, 0, 0, 0x7f]
    let refused = try Tool.coresalvage("check", folder.write(large, to: "large").string).run()
    #expect(refused.status == 2 && refused.errorText.contains("window"), "\(refused)")
  }

  @Test(
    "a stream that is cut before its first byte is named so, and no empty file",
    arguments: ["zstd", "lz4"])
  func cutStart(packer: String) throws {
    try Need.tool(packer).require()
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("in")
    let input = try folder.write(Self.core.bytes, to: "core")
    let packed = folder.file("packed")
    try Tool(
      packer,
      ["-q", "-f", input.string, "-o", packed.string].filter {
        packer == "zstd" || $0 != "-o"
      }
    ).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: packed)
    let cut = try folder.write(Array(bytes.prefix(12)), to: "in/cut")
    for command in [["check"], ["inspect"], ["--dry-run"]] {
      let result = try Tool.coresalvage(command + [cut.string]).run()
      #expect(result.status == 2)
      #expect(
        result.errorText.contains("the \(packer) stream was cut before its first byte"), "\(result)"
      )
    }
    let batch = try Tool.coresalvage(
      "batch", folder.file("in").string, "-o", folder.file("out").string
    ).run()
    #expect(batch.status == 1, "\(batch)")
    #expect(batch.errorText.contains("stream was cut before its first byte"), "\(batch)")
  }

  @Test(
    "what is left of a packed core is named by its name, be it a piece of the mark, and no other file"
  )
  func remnant() throws {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("in")
    let marks: [(packer: String, ending: String, mark: [UInt8])] = [
      ("zstd", "zst", [0x28, 0xb5, 0x2f, 0xfd]), ("lz4", "lz4", [0x04, 0x22, 0x4d, 0x18]),
      ("gzip", "gz", [0x1f, 0x8b]),
    ]
    for (packer, ending, mark) in marks {
      for count in 1...mark.count {
        let path = try folder.write(Array(mark.prefix(count)), to: "in/\(count).\(ending)")
        let check = try Tool.coresalvage("check", path.string).run()
        #expect(check.status == 2, "\(check)")
        let words = "\(count).\(ending): the \(packer) stream was cut before its first byte"
        #expect(check.errorText.contains(words), "\(check)")
      }
    }
    try folder.write([0x28], to: "in/text")
    try folder.write([0x29, 0x28, 0xb5], to: "in/other.zst")
    let batch = try Tool.coresalvage(
      "batch", folder.file("in").string, "-o", folder.file("out").string
    ).run()
    #expect(batch.status == 1 && batch.text.contains("2 no cores"), "\(batch)")
    #expect(
      batch.errorText.ranges(of: "stream was cut before its first byte").count == 10, "\(batch)")
  }

  // MARK: Debuggers

  /// A core whose notes list a rebuilt link map where no program header of the dump is, and one lost range.
  private static func rebuilt(in folder: ScratchFolder) throws -> FilePath {
    func list(
      _ entries: [(address: UInt64, offset: UInt64, index: UInt32, cause: UInt32, state: UInt32)]
    )
      -> [UInt8]
    {
      var writer = FieldWriter(.elf64Little)
      writer.word(1)
      writer.word(40)
      for value in [UInt64(entries.count), 20_000, 40_000] { writer.quad(value) }
      for entry in entries {
        for value in [entry.address, 288, entry.offset] { writer.quad(value) }
        for value in [entry.index, 6, entry.cause, entry.state] { writer.word(value) }
      }
      return writer.bytes
    }
    var builder = CoreBuilder.typical()
    builder.notes += [
      // lldb takes no core without a note of this owner for one of Linux.
      BuilderNote("LINUX", 0x200, [UInt8](repeating: 0, count: 48)),
      BuilderNote("CORESALVAGE", 0x5341_4C01, list([(0x7fff_0000, 30_000, 3, 1, 1)])),
      BuilderNote(
        "CORESALVAGE", 0x5341_4C03, list([(0x10_0000, 0, 0xffff_ffff, 1, 4)]) + [0]),
    ]
    return try folder.write(builder.build().bytes, to: "core")
  }

  private static func expectTold(_ text: String) {
    #expect(text.contains("rebuilt from link map"), "\(text)")
    #expect(text.contains("0x0000000000100000-0x0000000000100120"), "\(text)")
    #expect(!text.contains("program header table"), "\(text)")
    #expect(!text.contains("Traceback"), "\(text)")
  }

  @Test(
    "gdb's `coresalvage lost` lists a rebuilt link map as rebuilt, and no lost header table",
    .needs(.gdb))
  func gdb() throws {
    let folder = try ScratchFolder()
    let core = try Self.rebuilt(in: folder)
    let script = Tool.packageRoot.appending("share/gdb/coresalvage.py")
    let result = try Tool(
      "gdb",
      [
        "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "source \(script)", "-ex",
        "coresalvage lost", "--core=\(core)",
      ]
    ).run()
    Self.expectTold(result.text)
  }

  @Test(
    "lldb's `coresalvage lost` lists a rebuilt link map as rebuilt, and no lost header table",
    .needs(.tool("lldb-19")))
  func lldb() throws {
    let folder = try ScratchFolder()
    let core = try Self.rebuilt(in: folder)
    let script = Tool.packageRoot.appending("share/lldb/coresalvage.py")
    let result = try Tool(
      "lldb-19",
      [
        "-x", "-b", "-O", "command script import \(script)", "-c", core.string, "-o",
        "coresalvage lost \(core)",
      ]
    ).run()
    Self.expectTold(result.text)
  }
}
