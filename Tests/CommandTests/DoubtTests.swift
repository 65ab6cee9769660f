import SystemPackage
import TestSupport
import Testing

/// What a repair found in doubt, and the bytes that it wrote don't tell, is said of all that is made of it.
@Suite("what is in doubt stays with the core", .needs(.tool("zstd"), .tool("lz4"), .tool("gzip")))
struct DoubtTests {
  private static let words = "the checksum of the stream that it came in is wrong"
  private static let builder = CoreBuilder.typical()

  /// A whole core, packed, and how many bytes from its end a byte of the checksum is.
  enum Packer: String, CaseIterable {
    case zstd, lz4, gzip

    func pack(_ file: FilePath) throws -> [UInt8] {
      var bytes = try Tool(rawValue, ["-q", "-c", file.string]).runSuccessfully().output
      bytes[bytes.count - (self == .gzip ? 8 : 1)] ^= 1
      return bytes
    }
  }

  /// What is made of it by several ways, by name: plain cores, then archives and bundles.
  private struct Made {
    var cores: [FilePath] = []
    var packed: [FilePath] = []

    init(of input: FilePath, in folder: ScratchFolder) throws {
      let slim = ["--keep", "all", "--drop-range", "\(builder.segments[3].address):4096"]
      func make(_ name: String, _ arguments: [String], status: Int32 = 0) throws -> FilePath {
        let output = folder.file(name)
        let result = try Tool.coresalvage(arguments + ["-q", output.string]).run()
        #expect(result.ending == .exit(status), "\(name) \(result)")
        return output
      }
      let repaired = try make("repaired", [input.string])
      let archive = try make("a.core.lz4", ["archive", input.string])
      let bundle = try make("b.tar.zst", ["bundle", input.string])
      let slimmed = try make("slim", ["slim", input.string] + slim)
      cores = try [
        repaired, slimmed,
        make("padded", ["--lost", "pad", input.string]),
        make("slim of repaired", ["slim", repaired.string] + slim),
        make("repaired slim", [slimmed.string]),
        make("repaired twice", [repaired.string]),
        make("repaired archive", [archive.string]),
        make("restored from the archive", ["restore", archive.string], status: 1),
        make("restored from the bundle", ["restore", bundle.string], status: 1),
      ]
      packed = try [
        archive, bundle,
        make("r.core.lz4", ["archive", repaired.string]),
        make("s.core.lz4", ["archive", slimmed.string]),
        make("r.tar", ["bundle", repaired.string]),
      ]
    }
  }

  private static func whole(in folder: ScratchFolder) throws -> FilePath {
    try folder.write(builder.build().bytes, to: "whole")
  }

  @Test(
    "a wrong checksum is told by every command of every output that is made of its core",
    arguments: Packer.allCases)
  func checksum(packer: Packer) throws {
    let folder = try ScratchFolder(in: .memory)
    let whole = try Self.whole(in: folder)
    let input = try folder.write(packer.pack(whole), to: "in.core.\(packer)")
    let made = try Made(of: input, in: folder)
    let address = "\(Self.builder.segments[2].address)"
    for file in made.cores + made.packed {
      for command in [["check"], ["note"], ["inspect", "--no-local-files"], ["cat"]] {
        let place = command == ["cat"] ? [address, "4"] : []
        let result = try Tool.coresalvage(command + [file.string] + place).run()
        #expect(result.ending == .exit(1), "\(command) \(file) \(result)")
        let text = command == ["cat"] ? result.errorText : result.text
        #expect(text.lowercased().contains(Self.words), "\(command) \(file) \(result)")
        guard command != ["cat"] else {
          #expect(text.split(separator: "\n").count == 1, "\(file) \(result)")
          #expect(result.output.count == 4)
          continue
        }
        let json = try Tool.coresalvage(command + ["--json", file.string]).run()
        #expect(json.ending == .exit(1) && json.text.lowercased().contains(Self.words), "\(json)")
      }
    }
    for file in made.packed {
      let result = try Tool.coresalvage("verify", file.string).run()
      #expect(result.ending == .exit(1) && result.text.contains(": sound, "), "\(result)")
      #expect(result.text.contains("its core is damaged: \(Self.words)"), "\(result)")
      let json = try ParsedJSON(Tool.coresalvage("verify", "--json", file.string).run().text)
      #expect(json["sound"]?.bool == true && json["doubts"]?.array?.count == 1)
      let restored = try Tool.coresalvage(
        "restore", "-f", file.string, folder.file("again").string
      ).run()
      #expect(restored.ending == .exit(1) && restored.errorText.contains(Self.words))
    }
    let cat = try Tool.coresalvage("cat", input.string, address, "4").run()
    #expect(cat.ending == .exit(1) && cat.errorText.contains(Self.words), "\(cat)")
    #expect(
      cat.output == Array(try ReferenceSource.contents(of: whole).suffix(from: Self.at).prefix(4)))
  }

  private static var at: Int { builder.build().segmentRanges[2].lowerBound }

  @Test("of a sound stream, no command says that a checksum is wrong")
  func sound() throws {
    let folder = try ScratchFolder(in: .memory)
    let whole = try Self.whole(in: folder)
    let packed = try Tool("zstd", ["-q", "-c", whole.string]).runSuccessfully().output
    let input = try folder.write(packed, to: "in.core.zst")
    let output = folder.file("out")
    let archive = folder.file("a.core.lz4")
    try Tool.coresalvage(input.string, output.string).runSuccessfully()
    try Tool.coresalvage("archive", input.string, archive.string).runSuccessfully()
    for command in ["check", "note", "verify"] {
      let file = command == "verify" ? archive : output
      let result = try Tool.coresalvage(command, file.string).runSuccessfully()
      #expect(!result.text.contains("checksum") && !result.text.contains("doubt"), "\(result)")
    }
    #expect(try ReferenceSource.contents(of: output) == ReferenceSource.contents(of: whole))
  }

  @Test("undo gives the bytes back as they came, and says what no note of them tells any more")
  func undone() throws {
    let folder = try ScratchFolder(in: .memory)
    let whole = try Self.whole(in: folder)
    for packer in Packer.allCases {
      let input = try folder.write(packer.pack(whole), to: "in.core.\(packer)")
      let output = folder.file("out.\(packer)")
      try Tool.coresalvage("-q", input.string, output.string).runSuccessfully()
      let result = try Tool.coresalvage("undo", output.string).runSuccessfully()
      #expect(result.text.lowercased().contains(Self.words), "\(result)")
      #expect(
        try ReferenceSource.contents(of: output) == ReferenceSource.contents(of: whole),
        "\(packer)")
    }
  }

  @Test("a batch says it, takes its output for there already, and says it again")
  func batch() throws {
    let folder = try ScratchFolder(in: .memory)
    let whole = try Self.whole(in: folder)
    let cores = try folder.makeFolder("cores")
    for packer in Packer.allCases {
      try folder.write(packer.pack(whole), to: "cores/\(packer).core.\(packer)")
    }
    for options in [[], ["--archive"]] {
      let output = try folder.makeFolder("out\(options.count)")
      let arguments = ["batch"] + options + [cores.string, "-o", output.string]
      for word in [options.isEmpty ? "repaired" : "archived", "there already"] {
        let told = try Tool.coresalvage(arguments).runSuccessfully()
        let lines = told.text.split(separator: "\n").filter { $0.hasPrefix("\(word) ") }
          .filter { $0.contains("cores/") }
        #expect(lines.count == Packer.allCases.count, "\(told)")
        #expect(lines.allSatisfy { $0.contains("damaged: \(Self.words)") }, "\(told)")
      }
      let json = try Tool.coresalvage(arguments + ["--json", "--force"]).runSuccessfully()
      let files = try json.text.split(separator: "\n").map { try ParsedJSON(String($0)) }
        .filter { $0["event"]?.string == "file" }
      #expect(files.count == Packer.allCases.count)
      for file in files {
        #expect(file["reasons"]?.array?.first?["kind"]?.string == "checksum", "\(json)")
      }
    }
  }

  @Test("that an earlier repair's record is gone stays in the notes, however often it is repaired")
  func record() throws {
    let folder = try ScratchFolder(in: .memory)
    let built = Self.builder.build()
    let cut = try folder.write(built.cut(to: built.segmentRanges[4].lowerBound + 5000), to: "cut")
    let first = folder.file("first")
    try Tool.coresalvage("-q", cut.string, first.string).runSuccessfully()
    var bytes = try ReferenceSource.contents(of: first)
    // The tail is lost, and with it all notes.
    let tail = try #require(ReferenceCore(contentsOf: first).noteSegments.first).fileRange
    bytes.removeSubrange(Int(tail.lowerBound)...)
    let words = "what was lost or made anew then is not known"
    var input = try folder.write(bytes, to: "cut again")
    let before = try Tool.coresalvage("note", input.string).run()
    #expect(before.ending == .exit(1) && before.text.contains(words), "\(before)")
    for round in 1...3 {
      let output = folder.file("round \(round)")
      try Tool.coresalvage("-q", input.string, output.string).runSuccessfully()
      let result = try Tool.coresalvage("note", output.string).run()
      #expect(result.ending == .exit(1), "\(round) \(result)")
      #expect(result.text.ranges(of: words).count == 1, "\(round) \(result)")
      input = output
    }
  }

  @Test("a note of doubt of which any byte is lost or wrong takes no doubt away")
  func damagedNote() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(
      Packer.zstd.pack(Self.whole(in: folder)), to: "in.core.zst")
    let output = folder.file("out")
    try Tool.coresalvage("-q", input.string, output.string).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: output)
    let note = try #require(bytes.ranges(of: Array(#"{"format":1,"doubts""#.utf8)).last)
    let end = try #require(bytes[note.lowerBound...].firstIndex(of: UInt8(ascii: "]")))
    for place in stride(from: note.lowerBound, through: end, by: 5) {
      var broken = bytes
      broken[place] = 0x1b
      let file = try folder.write(broken, to: "broken")
      for command in ["check", "note"] {
        let result = try Tool.coresalvage(command, file.string).run()
        #expect(result.ending == .exit(1) && !result.output.contains(0x1b), "\(place) \(result)")
        #expect(result.text.contains("amaged"), "\(place) \(result)")
      }
    }
  }

  @Test("the scripts for the debuggers say it", .needs(.tool("python3")))
  func scripts() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(
      Packer.gzip.pack(Self.whole(in: folder)), to: "in.core.gz")
    let output = folder.file("out")
    try Tool.coresalvage("-q", input.string, output.string).runSuccessfully()
    let program = """
      import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True
      import coresalvage_notes
      record = coresalvage_notes.Record(sys.argv[2])
      print("\\n".join(record.warning() + record.summary()))
      """
    let share = Tool.packageRoot.appending("share").string
    let result = try Tool("python3", ["-c", program, share, output.string]).runSuccessfully()
    #expect(result.text.lowercased().ranges(of: Self.words).count == 2, "\(result)")
  }
}
