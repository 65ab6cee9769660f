import SystemPackage
import Testing
import TestSupport

/// A folder of cores that become archives, and the page about a run.
@Suite("a batch of archives")
struct BatchArchiveTests {
  private struct Setting {
    let folder: ScratchFolder
    let input: FilePath
    let output: FilePath

    /// Two cut cores of different machines, one of them packed too, a whole one, and what is no core.
    init() throws {
      folder = try ScratchFolder()
      input = try folder.makeFolder("in")
      output = folder.file("out")
      let big = CoreBuilder.typical().build()
      try folder.write(Array(big.bytes.dropLast(5000)), to: "in/cut.core")
      try folder.write(big.bytes, to: "in/whole")
      try folder.write(
        Array(CoreBuilder.typical(.i386).build().bytes.dropLast(9000)), to: "in/<b>small")
      try folder.write(Array("no core".utf8), to: "in/text")
    }

    func batch(_ more: String...) -> Tool {
      Tool.coresalvage(["batch", input.string, "--output", output.string, "--archive"] + more)
    }
  }

  @Test("gives each core, whole ones too, the archive that it gets alone")
  func sameAsAlone() throws {
    let setting = try Setting()
    let told = try BatchOutput(setting.batch("--json").run())
    #expect(told.count("archived") == 3)
    #expect(told.count("other") == 1)
    for (name, archive) in [
      ("cut.core", "cut.core.lz4"), ("whole", "whole.core.lz4"),
      ("<b>small", "<b>small.core.lz4"),
    ] {
      let alone = setting.folder.file("alone.core.lz4")
      _ = try Tool.coresalvage(
        "archive", setting.input.appending(name).string, alone.string, "--force", "--quiet"
      ).runSuccessfully()
      #expect(
        try ReferenceSource.contents(of: setting.output.appending(archive))
          == ReferenceSource.contents(of: alone), "\(name)")
    }
  }

  @Test("does nothing again when all is there, and only what has changed when something has")
  func resumes() throws {
    let setting = try Setting()
    _ = try setting.batch("--quiet").runSuccessfully()
    let again = try BatchOutput(setting.batch("--json").run())
    #expect(again.count("present") == 3)
    #expect(again.count("archived") == 0)
    let bytes = CoreBuilder.typical(.aarch64).build().bytes
    try setting.folder.write(Array(bytes.dropLast(5000)), to: "in/cut.core")
    let changed = try BatchOutput(setting.batch("--json").run())
    #expect(changed.count("archived") == 1)
    #expect(changed.count("present") == 2)
  }

  @Test("with --delete-input removes what its archive gives back, byte for byte")
  func deletes() throws {
    let setting = try Setting()
    let result = try setting.batch("--delete-input", "--json").run()
    #expect(try BatchOutput(result).summary?["inputsDeleted"]?.number == 3)
    #expect(try FileTree.names(in: setting.input) == ["text"])
    _ = try Tool.coresalvage("verify", setting.output.string).runSuccessfully()
  }

  @Test(
    "with --whole, --in-place or no output is wrong usage",
    arguments: ["--whole=copy", "--in-place"])
  func wrongUsage(option: String) throws {
    let setting = try Setting()
    #expect(try setting.batch(option).run().ending == .exit(64))
  }

  @Test("with --report writes one page with a row for each core, and nothing of a name is markup")
  func page() throws {
    let setting = try Setting()
    try setting.folder.write(
      Array(CoreBuilder.typical().build().bytes.prefix(100)), to: "in/hopeless")
    let page = setting.folder.file("run.html")
    let result = try setting.batch("--report", page.string).run()
    #expect(result.ending == .exit(1))
    let html = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    for name in ["cut.core", "whole", "&lt;b&gt;small", "hopeless"] {
      #expect(html.contains(name), "\(name)")
    }
    #expect(!html.contains("<b>small"))
    #expect(html.contains("4 cores"))
    #expect(try FileTree.status(page).st_mode & 0o077 == 0)
    // One that is there is refused before any work is done.
    try setting.folder.write(Array("mine".utf8), to: page.lastComponent?.string ?? "")
    #expect(try setting.batch("--report", page.string).run().ending == .exit(3))
  }
}
