import TestSupport
import Testing

@Suite("Ranges that the user calls lost")
struct LostRangeOptionTests {
  private static func lost(_ words: [String], _ core: String) throws -> [Range<UInt64>] {
    let result = try Tool.coresalvage(["-q"] + words + [core, "-"]).runSuccessfully()
    return try (ReferenceCore(result.output).lost()?.memory ?? []).map {
      $0.address..<$0.address + UInt64($0.length)
    }
  }

  @Test("are the same however they are given, thousands of them too")
  func forms() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder).string
    let ranges = (0..<3000).map { "\(1_000_000 + 16 * $0):8" }
    let all = try Self.lost(ranges.flatMap { ["--lost-range", $0] }, core)
    #expect(all.count == 3000)
    #expect(all.allSatisfy { $0.count == 8 })
    #expect(try Self.lost(["--lost-range", ranges.joined(separator: ",")], core) == all)
    #expect(try Self.lost(ranges.map { "--lost-range=" + $0 }, core) == all)
    let mixed = ["--lost-range", ranges[0], "--lost", "drop", "--lost-range=" + ranges[1]]
    #expect(try Self.lost(mixed, core) == Array(all.prefix(2)))
  }

  @Test("that begin behind the end of the core are said to be without effect, and only they")
  func beyondEnd() throws {
    let folder = try ScratchFolder(in: .memory)
    let whole = CoreBuilder.typical().build().bytes
    let size = whole.count
    for bytes in [whole, Array(whole.prefix(size - 4096))] {
      let core = try folder.write(bytes, to: "in").string
      let ranges = "\(size - 8):4096,\(size):4096,\(size + 4096):16"
      let words = ["--lost-range", ranges, "--dry-run", core]
      let text = try Tool.coresalvage(words).runSuccessfully().text
      let idle = ["\(size):4096", "\(size + 4096):16"].map { "--lost-range " + $0 }
      let line =
        "  note      without effect, as the file ends before: " + idle.joined(separator: ", ")
      #expect(text.contains(line + "\n"), "\(text)")
      let json = try ParsedJSON(Tool.coresalvage(["--json"] + words).runSuccessfully().text)
      #expect(json["withoutEffect"]?.array?.compactMap(\.string) == idle)
    }
  }

  @Test("that are none are named, and only they", arguments: ["5", "5:0", "1:2,", "x:1", "1:2,3"])
  func wrong(_ word: String) throws {
    let words = ["--lost-range", "1:2", "--lost-range", word, "--lost-range=3:4", "a", "b"]
    let result = try Tool.coresalvage(words).run()
    #expect(result.ending == .exit(64))
    #expect(result.errorText.contains("'\(word)' is invalid for '--lost-range"), "\(result)")
    let last = try Tool.coresalvage(["--lost-range", "1:2", "a", "b", "--lost-range"]).run()
    #expect(last.ending == .exit(64) && last.errorText.contains("Missing value"), "\(last)")
  }

  @Test("behind -- are names of files")
  func names() throws {
    let words = ["--lost-range", "1:2", "--lost-range", "5:6", "--", "--lost-range", "1:2"]
    let result = try Tool.coresalvage(words).run()
    #expect(result.ending == .exit(3))
    #expect(result.errorText.contains("--lost-range: ") && result.errorText.contains("o such file"))
  }
}
