import Glibc
import SystemPackage
import TestSupport
import Testing

/// Where the commands for gdb go.
@Suite("a script for gdb")
struct GDBScriptTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Place {
    let folder: ScratchFolder
    let core: FilePath
    var script: FilePath { folder.file("names.gdb") }

    init() throws {
      folder = try ScratchFolder()
      core = try folder.write(GDBScriptTests.bytes, to: "in.core")
    }

    func text() throws -> String {
      String(decoding: try ReferenceSource.contents(of: script), as: UTF8.self)
    }
  }

  @Test(
    "stands beside the core, which stays as it is, and is read by gdb without a complaint",
    .needs(.gdb))
  func written() throws {
    let place = try Place()
    chmod(place.core.string, 0o640)
    let result = try Tool.coresalvage("--gdb-script", place.script.string, place.core.string)
      .runSuccessfully()
    #expect(result.text.contains("gdb -x"), "\(result)")
    #expect(try place.text().hasPrefix("# Made by coresalvage"))
    #expect(try FileTree.status(place.script).st_mode & 0o777 == 0o640)
    #expect(try ReferenceSource.contents(of: place.core) == Self.bytes)
    let gdb = try Tool("gdb", ["-batch", "-nx", "-x", place.script.string]).runSuccessfully()
    #expect(!gdb.errorText.contains("Error"), "\(gdb)")
  }

  @Test("that exists is refused, and replaced with --force")
  func existing() throws {
    let place = try Place()
    try place.folder.write([1, 2], to: "names.gdb")
    let arguments = ["--gdb-script", place.script.string, place.core.string]
    let result = try Tool.coresalvage(arguments).run()
    #expect(result.ending == .exit(3) && result.errorText.contains("exists already"), "\(result)")
    #expect(try ReferenceSource.contents(of: place.script) == [1, 2])
    try Tool.coresalvage(arguments + ["--force"]).runSuccessfully()
    #expect(try place.text().hasPrefix("# Made by"))
  }

  @Test("and the core can't be one file, and neither goes with a repair in place")
  func oneFile() throws {
    let place = try Place()
    let output = place.folder.file("./out").string
    for arguments in [
      ["--gdb-script", place.folder.path.string + "/./out", "--force", place.core.string, output],
      ["--gdb-script", "-", place.core.string, "-"],
      ["--gdb-script", "/dev/stdout", place.core.string, "-"],
      ["--in-place", "--gdb-script", place.core.string, place.core.string],
    ] {
      let result = try Tool.coresalvage(arguments).run()
      #expect(result.ending == .exit(64) && result.output.isEmpty, "\(arguments): \(result)")
    }
    #expect(try place.folder.names() == ["in.core"])
  }

  @Test("goes to standard output as -, and the report to standard error")
  func standardOutput() throws {
    let place = try Place()
    let result = try Tool.coresalvage("--gdb-script", "-", place.core.string).runSuccessfully()
    #expect(result.text.hasPrefix("# Made by coresalvage") && !result.text.contains("threads   "))
    #expect(result.errorText.contains("in.core: cut after"), "\(result)")
    #expect(try place.folder.names() == ["in.core"])
  }

  @Test("is not written by a dry run")
  func dryRun() throws {
    let place = try Place()
    try Tool.coresalvage("-n", "--gdb-script", place.script.string, place.core.string)
      .runSuccessfully()
    #expect(try place.folder.names() == ["in.core"])
  }
}
