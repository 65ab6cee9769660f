import Glibc
import SystemPackage
import TestSupport
import Testing

/// A batch of files that are named, with folders or without.
@Suite("a batch of named files")
struct BatchFileTests {
  private struct Place {
    let folder: ScratchFolder
    let bytes = Array(CoreBuilder.typical().build().bytes.dropLast(5000))

    init() throws {
      folder = try ScratchFolder()
      for name in ["x", "y", "z"] {
        _ = try folder.makeFolder(name)
        try folder.write(bytes, to: "\(name)/core")
      }
      try folder.write(bytes, to: "a.core")
    }

    func run(_ words: String...) throws -> ToolResult {
      var tool = Tool.coresalvage(["batch"] + words)
      tool.folder = folder.path
      return try tool.run()
    }

    func outputs(_ name: String = "out") throws -> [String] {
      try BatchCrowd.files(below: folder.file(name)).sorted()
    }
  }

  @Test("gives each its output by its name; where names are the same, below its folder's")
  func names() throws {
    let place = try Place()
    let one = try place.run("a.core", "-o", "out")
    #expect(one.ending == .exit(0), "\(one)")
    #expect(try place.outputs() == ["a.core"])
    let several = try place.run("x/core", "y/core", "a.core", "-o", "more")
    #expect(several.ending == .exit(0), "\(several)")
    #expect(try place.outputs("more") == ["a.core", "x/core", "y/core"])
    let mixed = try place.run("x", "y/core", "./y/core", "-o", "mixed")
    #expect(mixed.ending == .exit(3), "the same file by two names: \(mixed)")
    let both = try place.run("x", "y/core", "-o", "both")
    #expect(both.ending == .exit(0), "\(both)")
    #expect(try place.outputs("both") == ["core", "x/core"])
  }

  @Test("gives what a repair of each gives")
  func same() throws {
    let place = try Place()
    #expect(try place.run("x/core", "-o", "out").ending == .exit(0))
    let alone = place.folder.file("alone")
    try Tool.coresalvage("-q", place.folder.file("x/core").string, alone.string).runSuccessfully()
    #expect(
      try ReferenceSource.contents(of: place.folder.file("out/core"))
        == ReferenceSource.contents(of: alone))
  }

  @Test("follows a link that is named, and no link in a folder")
  func links() throws {
    let place = try Place()
    try #require(symlink("x/core", place.folder.file("link").string) == 0)
    let result = try place.run("link", "-o", "out")
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try place.outputs() == ["core"])
  }

  @Test("says of one that is no core what it is, and does the others")
  func noCore() throws {
    let place = try Place()
    try place.folder.write(Array("hello".utf8), to: "README")
    let result = try place.run("README", "a.core", Tool.coresalvagePath.string, "-o", "out")
    #expect(result.ending == .exit(1), "\(result)")
    #expect(result.errorText.contains("README: offset 0: not a core"), "\(result)")
    #expect(result.errorText.contains("e_type 4"), "\(result)")
    #expect(try place.outputs() == ["a.core"])
    // In a folder it is passed over, and named where more is asked for.
    let folder = try place.run(".", "-o", "quiet")
    #expect(folder.ending == .exit(0) && !folder.text.contains("README"), "\(folder)")
    let verbose = try place.run(".", "-v", "-o", "verbose")
    #expect(verbose.text.contains("README: no core"), "\(verbose)")
  }

  @Test("says at once what is not there, or is neither file nor folder")
  func missing() throws {
    let place = try Place()
    try #require(mkfifo(place.folder.file("fifo").string, 0o600) == 0)
    for (name, status, words) in [
      ("missing", 3, "No such file or directory"), ("fifo", 2, "found a FIFO"),
    ] as [(String, Int32, String)] {
      let result = try place.run("a.core", name, "-o", "out")
      #expect(result.ending == .exit(status), "\(result)")
      #expect(result.errorText.contains("\(name)") && result.errorText.contains(words), "\(result)")
      #expect(!FileTree.exists(place.folder.file("out")))
    }
  }

  @Test("repairs them where they stand, and deletes inputs, as one of a folder")
  func others() throws {
    let place = try Place()
    let inPlace = try place.run("a.core", "x/core", "--in-place")
    #expect(inPlace.ending == .exit(0), "\(inPlace)")
    for name in ["a.core", "x/core"] {
      let note = try Tool.coresalvage("note", place.folder.file(name).string).runSuccessfully()
      #expect(note.text.contains("repaired from"), "\(note)")
    }
    let result = try place.run("y/core", "-o", "out", "--delete-input")
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try FileTree.names(in: place.folder.file("y")) == [])
    #expect(try place.outputs() == ["core"])
    let into = try place.run("z/core", "-o", "z")
    #expect(into.ending == .exit(3), "\(into)")
    #expect(into.errorText.contains("is a folder of inputs"), "\(into)")
  }

  @Test("rehearsed tells what becomes of each file, and that what is deleted would be")
  func rehearsal() throws {
    let place = try Place()
    let whole = CoreBuilder.typical().build().bytes
    try place.folder.write(whole, to: "x/whole")
    try place.folder.write(Array("hello".utf8), to: "x/README")
    let words = ["x", "a.core", "-o", "out", "--delete-input"]
    let result = try place.run("x", "a.core", "-o", "out", "--delete-input", "--dry-run")
    #expect(result.ending == .exit(0), "\(result)")
    #expect(result.text.hasPrefix("Nothing is written or removed"), "\(result)")
    for (line, also) in [
      ("to repair      x/core: ", "; to out/x/core; input to be removed"),
      ("to repair      a.core: ", "; to out/a.core; input to be removed"),
      ("whole          x/whole", ""), ("inputs to remove  2", ""),
    ] {
      #expect(
        result.lines.contains { $0.hasPrefix(line) && (also.isEmpty || $0.contains(also)) },
        "\(line): \(result)")
    }
    let told = try BatchOutput(
      place.run("x", "a.core", "-o", "out", "--delete-input", "-n", "--json"))
    #expect(told.summary?["dryRun"]?.bool == true && told.summary?["inputsToDelete"]?.number == 2)
    // Nothing has been removed, and nothing says so.
    #expect(told.summary?["inputsDeleted"]?.number == 0)
    #expect(told.records("repaired").allSatisfy { $0["inputDeleted"]?.bool == false })
    #expect(told.records("repaired").allSatisfy { $0["inputToDelete"]?.bool == true })
    #expect(!FileTree.exists(place.folder.file("out")))
    // And then it is so.
    var tool = Tool.coresalvage(["batch"] + words + ["--json"])
    tool.folder = place.folder.path
    let done = try BatchOutput(tool.run())
    #expect(done.summary?["dryRun"]?.bool == false)
    for outcome in ["repaired", "whole", "other"] {
      #expect(done.count(outcome) == told.count(outcome), "\(outcome)")
    }
    #expect(
      done.records("repaired").compactMap { $0["output"]?.string }.sorted()
        == told.records("repaired").compactMap { $0["output"]?.string }.sorted())
    #expect(try FileTree.names(in: place.folder.file("x")) == ["README", "whole"])
    // What is there already is told to be, and what is in its way too.
    try place.folder.write(place.bytes, to: "x/core")
    let present = try BatchOutput(place.run("x", "y", "-o", "out", "-n", "--json"))
    #expect(present.count("present") == 1 && present.count("repaired") == 1)
    try place.folder.write([1, 2, 3], to: "out/x/core")
    let foreign = try place.run("x", "y", "-o", "out", "-n")
    #expect(
      foreign.ending == .exit(1) && foreign.errorText.contains("exists already"), "\(foreign)")
  }
}
