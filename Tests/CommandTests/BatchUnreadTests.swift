import Glibc
import SystemPackage
import TestSupport
import Testing

/// Files that a batch can't look into, and that may be what somebody is after.
@Suite("a file that a batch can't look into")
struct BatchUnreadTests {
  private struct Setting {
    let folder: ScratchFolder
    let input: FilePath
    /// Names, and what is said of each.
    private(set) var due: [String: String] = [
      "x.core.zip": "unzip -p", "x.core.Z": "gzip -dc", "x.core.7z": "7z x -so",
    ]

    init() throws {
      folder = try ScratchFolder()
      input = try folder.makeFolder("in")
      let core = CoreBuilder.typical().build().cut(to: 20_000)
      let plain = try folder.write(core, to: "plain")
      try folder.write(core, to: "in/a.core")
      try folder.write(Array("text".utf8), to: "in/text")
      try folder.write([0x50, 0x4b, 3, 4, 0x14, 0, 0, 0], to: "in/x.core.zip")
      try folder.write([0x1f, 0x9d, 0x90, 0x7f, 0x8a], to: "in/x.core.Z")
      try folder.write([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4], to: "in/x.core.7z")
      for (program, ending) in [("xz", "xz"), ("bzip2", "bz2")] {
        try Need.tool(program).require()
        var tool = Tool(program, ["-c", plain.string])
        tool.output = .file(input.appending("x.core.\(ending)"))
        try tool.runSuccessfully()
        due["x.core.\(ending)"] = "\(program) -dc"
      }
      try Need.tool("zstd").require()
      var tool = Tool("zstd", ["-q", "-c", plain.string])
      tool.output = .file(folder.file("whole.zst"))
      try tool.runSuccessfully()
      let stream = try ReferenceSource.contents(of: folder.file("whole.zst"))
      try folder.write(Array(stream.prefix(30)), to: "in/cut.core.zst")
      due["cut.core.zst"] = "before its first byte"
    }

    func batch(_ more: String...) throws -> ToolResult {
      try Tool.coresalvage(
        ["batch", input.string, "-o", folder.file("out").string] + more
      ).run()
    }
  }

  @Test("is named with the reason and what to do, counted on its own, and makes the status 1")
  func unread() throws {
    let setting = try Setting()
    let result = try setting.batch()
    #expect(result.ending == .exit(1), "\(result)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == setting.due.count, "\(result)")
    for (name, words) in setting.due {
      #expect(lines.contains { $0.contains("/\(name): ") && $0.contains(words) }, "\(name)")
    }
    #expect(result.text.contains("not looked into  \(setting.due.count)\n"), "\(result)")
    #expect(result.text.contains("1 no cores"), "\(result)")
    #expect(try FileTree.names(in: setting.folder.file("out")) == ["a.core"])

    let page = setting.folder.file("page.html")
    let told = try BatchOutput(setting.batch("--json", "--report", page.string))
    #expect(told.count("unread") == setting.due.count && told.count("other") == 1)
    #expect(told.records("unread").allSatisfy { $0["error"]?.string != nil })
    let html = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    #expect(setting.due.keys.allSatisfy(html.contains))
    #expect(html.contains("\(setting.due.count) not looked into") && !html.contains("failed<"))
    // Whoever knows that they are none of his says so.
    #expect(try setting.batch("--match", "a.core").ending == .exit(0))
  }

  @Test("or is empty is named and makes the status 1")
  func empty() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    try folder.write([], to: "in/core.1")
    let output = folder.file("out").string
    let result = try Tool.coresalvage("batch", input.string, "-o", output).run()
    #expect(result.ending == .exit(1), "\(result)")
    #expect(result.errorText.contains("core.1: is empty"), "\(result)")
    let told = try BatchOutput(
      Tool.coresalvage("batch", input.string, "-o", output, "--json").run())
    #expect(told.count("empty") == 1 && told.records("empty").count == 1)
    // The page counts as the text does.
    let page = folder.file("page.html")
    _ = try Tool.coresalvage("batch", input.string, "-o", output, "--report", page.string).run()
    let html = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    #expect(html.contains("<p>1 empty</p>"), "\(html)")
  }

  @Test(
    "is no core where it holds something else, as far as our packings go",
    .needs(.tool("zstd"), .tool("lz4")))
  func otherContents() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    for (number, text) in ["", "a", "text"].enumerated() {
      let plain = try folder.write(Array(text.utf8), to: "plain")
      for (program, ending) in [("zstd", "zst"), ("lz4", "lz4")] {
        var tool = Tool(program, ["-q", "-c", plain.string])
        tool.output = .file(input.appending("\(number).\(ending)"))
        try tool.runSuccessfully()
      }
    }
    let result = try Tool.coresalvage(
      "batch", input.string, "-o", folder.file("out").string, "--json"
    ).run()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try BatchOutput(result).count("other") == 6)
  }
}
