import SystemPackage
import TestSupport
import Testing

/// A folder of cores that become slim ones.
@Suite("a batch of slim cores")
struct BatchSlimTests {
  private struct Setting {
    let folder: ScratchFolder
    let input: FilePath
    let output: FilePath

    /// A cut core, a whole one, a cut one that is packed, and what is no core.
    init() throws {
      try Need.tool("zstd").require()
      folder = try ScratchFolder()
      input = try folder.makeFolder("in")
      output = folder.file("out")
      let bytes = CoreBuilder.typical().build().bytes
      try folder.write(Array(bytes.dropLast(5000)), to: "in/cut.core")
      try folder.write(bytes, to: "in/whole.core")
      let plain = try folder.write(Array(bytes.dropLast(7000)), to: "plain")
      var tool = Tool("zstd", ["-q", "-c", plain.string])
      tool.output = .file(input.appending("packed.core.zst"))
      try tool.runSuccessfully()
      try folder.write(Array("no core".utf8), to: "in/text")
    }

    /// Inputs and their outputs.
    static let names = [
      "cut.core": "cut.core", "whole.core": "whole.core", "packed.core.zst": "packed.core",
    ]

    func batch(_ more: String...) -> Tool {
      Tool.coresalvage(["batch", input.string, "--output", output.string, "--slim"] + more)
    }
  }

  @Test(
    "gives each core, whole ones too, the slim one that it gets alone",
    arguments: [[], ["--keep", "heap,environment", "--max-size", "20K"], ["--rebuild", "none"]])
  func sameAsAlone(options: [String]) throws {
    let setting = try Setting()
    var tool = setting.batch("--json")
    tool.arguments += options
    let result = try tool.run()
    let told = try BatchOutput(result)
    #expect(result.ending == .exit(0) && told.count("slimmed") == 3, "\(result)")
    #expect(told.count("other") == 1)
    for (name, output) in Setting.names {
      let alone = setting.folder.file("alone.core")
      try Tool.coresalvage(
        ["slim", "--force"] + options + [setting.input.appending(name).string, alone.string]
      ).runSuccessfully()
      #expect(
        try ReferenceSource.contents(of: setting.output.appending(output))
          == ReferenceSource.contents(of: alone), "\(name)")
    }
    #expect(try FileTree.names(in: setting.output).sorted() == Setting.names.values.sorted())
  }

  @Test("does nothing again when all is there, and all of it with other options")
  func resumes() throws {
    let setting = try Setting()
    try setting.batch("--quiet").runSuccessfully()
    let first = try ReferenceSource.contents(of: setting.output.appending("whole.core"))
    let again = try BatchOutput(setting.batch("--json").run())
    #expect(again.count("present") == 3 && again.count("slimmed") == 0)
    #expect(again.lines.first?["present"]?.number == 3)
    // Of an interrupted run only what is missing is done.
    FileTree.remove(setting.output.appending("whole.core"))
    let rest = try BatchOutput(setting.batch("--json").run())
    #expect(rest.count("present") == 2 && rest.count("slimmed") == 1)
    #expect(try ReferenceSource.contents(of: setting.output.appending("whole.core")) == first)
    for options in [
      ["--keep", "heap"], ["--drop", "stacks"], ["--max-size", "9K"], ["--keep-mappings"],
    ] {
      var tool = setting.batch("--json")
      tool.arguments += options
      #expect(try BatchOutput(tool.run()).count("slimmed") == 3, "\(options)")
      #expect(try BatchOutput(tool.run()).count("present") == 3, "\(options)")
    }
    // What an earlier version found is another input.
    try setting.folder.write(
      Array(CoreBuilder.typical(.aarch64).build().bytes.dropLast(5000)), to: "in/cut.core")
    let changed = try BatchOutput(setting.batch("--json", "--keep-mappings").run())
    #expect(changed.count("present") == 2 && changed.count("slimmed") == 1)
  }

  @Test("knows its outputs from repaired cores and from others' files")
  func otherOutputs() throws {
    let setting = try Setting()
    let repair = Tool.coresalvage(
      "batch", setting.input.string, "--output", setting.output.string, "--json")
    #expect(try BatchOutput(repair.run()).count("repaired") == 2)
    #expect(try BatchOutput(setting.batch("--json").run()).count("slimmed") == 3)
    #expect(try BatchOutput(repair.run()).count("repaired") == 2)
    try setting.folder.write(Array("mine".utf8), to: "out/whole.core")
    let refused = try setting.batch().run()
    #expect(
      refused.ending == .exit(1) && refused.errorText.contains("exists already"), "\(refused)")
    #expect(
      try ReferenceSource.contents(of: setting.output.appending("whole.core"))
        == Array("mine".utf8))
  }

  @Test("goes into archives, of which each is the one that a core gets alone")
  func archives() throws {
    let setting = try Setting()
    let tool = setting.batch("--archive", "--json")
    #expect(try BatchOutput(tool.run()).count("archived") == 3)
    #expect(try BatchOutput(tool.run()).count("present") == 3)
    let alone = setting.folder.file("alone.core.lz4")
    try Tool.coresalvage(
      "archive", "--slim", setting.input.appending("whole.core").string, alone.string
    ).runSuccessfully()
    #expect(
      try ReferenceSource.contents(of: setting.output.appending("whole.core.lz4"))
        == ReferenceSource.contents(of: alone))
  }

  @Test(
    "is refused with what has no meaning then, in a clear line, and nothing is written",
    arguments: [
      ["--slim", "--whole", "copy"], ["--slim", "--delete-input"], ["--slim", "--lost", "zero"],
      ["--slim", "--extend", "due"], ["--slim", "--reflink", "always"], ["--keep", "heap"],
      ["--max-size", "1M"],
    ])
  func refusals(options: [String]) throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    try folder.write(CoreBuilder.typical().build().bytes, to: "in/a")
    let isOfBatch = options.contains("--whole") || options.contains("--delete-input")
    for command in [
      ["batch", input.string, "--output", folder.file("out").string],
      ["archive", input.appending("a").string, folder.file("out").string],
    ] where command[0] == "batch" || !isOfBatch {
      let result = try Tool.coresalvage(command + options).run()
      #expect(result.ending == .exit(64), "\(command[0]) \(result)")
      // archive has no such option at all.
      let told = command[0] == "archive" && options.contains("--reflink") ? "--reflink" : "--slim"
      #expect(result.errorText.contains(told), "\(command[0]) \(result)")
    }
    let place = try Tool.coresalvage("batch", input.string, "--in-place", "--slim").run()
    #expect(place.ending == .exit(64) && place.errorText.contains("--in-place"), "\(place)")
    let slim = try Tool.coresalvage("slim", "--in-place", input.appending("a").string).run()
    #expect(slim.ending == .exit(64) && slim.errorText.contains("--in-place"), "\(slim)")
    #expect(try folder.names() == ["in"])
  }
}
