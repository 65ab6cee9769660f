import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("The commands inspect and check")
struct InspectCommandTests {
  static func json(_ result: ToolResult) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(result.output))
    return try #require(value as? [String: Any])
  }

  @Test("check tells whole, damaged and no core by its status, in a line each")
  func checkStatus() throws {
    let folder = try ScratchFolder()
    let whole = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let cut = try SampleCores.fixture("clock-32.fsize-libraries.core", into: folder)
    let text = try folder.write(Array("no core\n".utf8), to: "text")
    let cases = [(whole, Int32(0)), (cut, 1), (text, 2), (folder.file("none"), 3)]
    for (path, status) in cases {
      let result = try Tool.coresalvage("check", path.string).run()
      #expect(result.status == status, "\(result)")
      #expect(result.lines.count == 1, "\(result)")
      #expect(try Tool.coresalvage("inspect", path.string).run().status == status)
    }
    let all = try Tool.coresalvage("check", text.string, cut.string, whole.string).run()
    #expect(all.status == 2)
    #expect(all.output.split(separator: 10).count == 2)
    let quiet = try Tool.coresalvage("check", "-q", cut.string).run()
    #expect(quiet.status == 1)
    #expect(quiet.output.isEmpty)
  }

  @Test("check tells when the process died, in its line and as JSON")
  func checkTime() throws {
    let folder = try ScratchFolder()
    let cut = try SampleCores.fixture("clock-32.fsize-libraries.core", into: folder)
    try FileTree.setModified(cut, microseconds: 1_600_000_000_123_456)
    let line = try Tool.coresalvage("check", cut.string).run()
    #expect(
      line.text.hasSuffix("; died 2020-09-13 12:26:40.123456 UTC, by the file's mtime\n"), "\(line)"
    )
    let result = try Tool.coresalvage("check", "--json", cut.string).run()
    #expect(result.status == 1 && result.lines.count == 1, "\(result)")
    let json = try ParsedJSON(result.text)
    #expect(json["died"]?["time"]?.number == 1_600_000_000_123_456)
    #expect(json["whole"]?.bool == false && json["state"]?.string?.hasPrefix("cut after") == true)
    let inspected = try ParsedJSON(
      Tool.coresalvage("inspect", "--json", "--no-local-files", cut.string).run().text)
    #expect(json["died"]?["by"]?.string == inspected["died"]?["by"]?.string)
    // What can't be right is not told as a time.
    try FileTree.setModified(cut, microseconds: 0)
    #expect(try !Tool.coresalvage("check", cut.string).run().text.contains("died"))
  }

  @Test("a stream with a wrong checksum is damaged", .needs(.tool("gzip")))
  func checksum() throws {
    let folder = try ScratchFolder()
    let whole = try SampleCores.fixture("clock-static.whole.core", into: folder)
    var packed = try Tool("gzip", ["-n", "-c", whole.string]).runSuccessfully().output
    let good = try folder.write(packed, to: "good.core.gz")
    #expect(try Tool.coresalvage("check", good.string).run().status == 0)
    packed[packed.count - 8] ^= 1
    let bad = try folder.write(packed, to: "bad.core.gz")
    let result = try Tool.coresalvage("check", bad.string).run()
    #expect(result.status == 1 && result.text.contains("damaged, though its length is whole"))
    let inspected = try Tool.coresalvage("inspect", bad.string).run()
    #expect(
      inspected.text.contains("checksum") && !inspected.text.contains("power"), "\(inspected)")
    let repaired = try Tool.coresalvage(bad.string, folder.file("out.core").string).run()
    #expect(repaired.text.contains("which can't be told"), "\(repaired)")
  }

  @Test("the JSON has the names that the manual promises")
  func jsonNames() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.fsize-mid-stack.core", into: folder)
    let result = try Tool.coresalvage("inspect", "--json", core.string).run()
    #expect(result.status == 1)
    let object = try Self.json(result)
    #expect(object["sizeFound"] as? UInt64 == 33_710_559)
    #expect(object["sizeDue"] as? UInt64 == 45_064_192)
    #expect(object["whole"] as? Bool == false)
    #expect(object["machine"] as? String == "x86-64")
    #expect(object["program"] as? String == "/srv/demo/bakery")
    #expect(object["pid"] as? Int == 10792)
    #expect(object["signal"] as? Int == 11)
    #expect(object["signalMeaning"] as? String == "SIGSEGV: address 0x0 not mapped")
    let threads = try #require(object["threads"] as? [[String: Any]])
    #expect(threads.count == 6)
    #expect(threads.first?["tid"] as? Int == 10793)
    #expect(threads.first?["sp"] as? String == "0x7f57bf1fee70")
    #expect(
      threads.map { $0["stack"] as? String } == [
        "lost", "whole", "whole", "lost", "partial", "whole",
      ])
    for name in ["tid", "pc", "sp", "stack"] { #expect(threads.allSatisfy { $0[name] != nil }) }
    let lost = try #require(object["lost"] as? [[String: Any]])
    for name in ["address", "length", "what"] { #expect(lost.allSatisfy { $0[name] != nil }) }
    let modules = try #require(object["modules"] as? [[String: Any]])
    for name in ["path", "base", "buildID"] { #expect(modules.allSatisfy { $0[name] != nil }) }
    let causes = try #require(object["causes"] as? [[String: Any]])
    #expect(causes.map { $0["id"] as? String } == ["rlimit-fsize"])
    #expect(["certain", "likely", "possible"].contains(causes[0]["confidence"] as? String))
    #expect(causes[0]["evidence"] != nil)
    let memory = try #require(object["memory"] as? [[String: Any]])
    #expect(
      memory.contains { $0["kind"] as? String == "main stack" && $0["survived"] as? Int == 0 })
  }

  @Test("several cores give a line of JSON each")
  func jsonLines() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let result = try Tool.coresalvage("inspect", "--json", core.string, core.string).run()
    #expect(result.status == 0)
    #expect(result.output.split(separator: 10).count == 2)
  }

  @Test("a terminal gets colours unless NO_COLOR says no, and lines of its width")
  func colours() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    var tool = Tool.coresalvage("inspect", core.string)
    tool.environment = ["NO_COLOR": nil, "TERM": "xterm"]
    #expect(!(try tool.run().text.contains("\u{1b}[")), "a pipe")
    tool.output = .terminal
    let coloured = try tool.run()
    #expect(coloured.text.contains("\u{1b}[31mx"))
    tool.environment["NO_COLOR"] = "1"
    let plain = try tool.run()
    #expect(!plain.text.contains("\u{1b}["))
    let lines = plain.output.split(whereSeparator: { $0 == 10 || $0 == 13 }).map {
      String(decoding: $0, as: UTF8.self)
    }
    let strip = lines.filter { $0.contains("====") || $0.contains("PPP") }
    #expect(strip.count == 2)
    #expect(strip.allSatisfy { $0.count <= 80 })
    tool.environment = ["NO_COLOR": "", "TERM": "dumb"]
    #expect(!(try tool.run().text.contains("\u{1b}[")))
  }

  /// A core with names that a stranger chose to do harm.
  static let harmful: [(String, String)] = [
    ("escape", "a\u{1b}[31mred\u{7}"), ("markup", "<script>alert(1)</script>\"'&"),
    ("direction", "a\u{202e}txt.exe\u{2066}"), ("separator", "a\u{2028}b"),
  ]

  @Test("names that would work as escapes or markup show as text everywhere", arguments: harmful)
  func harmlessNames(_ label: String, _ name: String) throws {
    let folder = try ScratchFolder()
    let core = try Self.harmfulCore(Array(name.utf8), in: folder)
    try Self.expectHarmless(core, in: folder)
  }

  @Test("names that are no UTF-8 show as text everywhere")
  func harmlessBytes() throws {
    let folder = try ScratchFolder()
    let core = try Self.harmfulCore([0x61, 0xff, 0xc0, 0xaf, 0x1b, 0x9b, 0x62], in: folder)
    try Self.expectHarmless(core, in: folder)
  }

  static func harmfulCore(_ name: [UInt8], in folder: ScratchFolder) throws -> FilePath {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine)
    // The builder writes strings; bytes that are none are put over a placeholder of the same length.
    let mark = String(repeating: "Q", count: min(name.count, 15))
    builder.notes[1] = .process(4242, name: mark, arguments: mark, of: machine)
    // NT_FILE: one entry, page size, then start, end and offset, then the path.
    let words: [UInt64] = [1, 4096, 0x40_0000, 0x40_1000, 0]
    let numbers = words.flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    builder.notes.append(BuilderNote("CORE", 0x4649_4c45, numbers + Array("/\(mark).so\0".utf8)))
    var bytes = builder.build().bytes
    let wanted = Array(name.prefix(15))
    var index = 0
    while index + mark.utf8.count <= bytes.count {
      if bytes[index..<index + mark.utf8.count].elementsEqual(mark.utf8) {
        bytes.replaceSubrange(index..<index + mark.utf8.count, with: wanted)
        index += mark.utf8.count
      } else {
        index += 1
      }
    }
    return try folder.write(bytes, to: "harmful.core")
  }

  static func expectHarmless(_ core: FilePath, in folder: ScratchFolder) throws {
    let page = folder.file("page.html")
    let runs = [
      try Tool.coresalvage("inspect", "--all", core.string).run(),
      try Tool.coresalvage("inspect", "--json", core.string).run(),
      try Tool.coresalvage("inspect", core.string, "--html", page.string).run(),
    ]
    _ = try json(runs[1])
    var outputs = runs.map(\.output)
    outputs.append(try ReferenceSource.contents(of: page))
    for (index, output) in outputs.enumerated() {
      let text = try #require(String(validating: output, as: UTF8.self), "output \(index)")
      for scalar in text.unicodeScalars where scalar != "\n" {
        let category = scalar.properties.generalCategory
        #expect(
          ![.control, .format, .lineSeparator, .privateUse, .unassigned].contains(category),
          "U+\(String(scalar.value, radix: 16)) in output \(index)")
      }
    }
    let html = String(decoding: outputs[3], as: UTF8.self)
    #expect(!html.contains("<script>"))
    #expect(!html.contains("alert(1)<"))
  }

  @Test("a page is not written over what is there, nor over the core")
  func pageIsCareful() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let page = try folder.write([1], to: "page.html")
    let command = ["inspect", core.string, "--html"]
    #expect(try Tool.coresalvage(command + [page.string]).run().status == 3)
    #expect(try Tool.coresalvage(command + [core.string, "--force"]).run().status == 3)
    #expect(try Tool.coresalvage(command + [page.string, "--force"]).run().status == 0)
  }
}
