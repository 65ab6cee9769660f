import Glibc
import SystemPackage
import TestSupport
import Testing

/// A page or a script of ours is made anew without being asked; nobody's other file is.
@Suite("a report made anew")
struct PageAnewTests {
  private struct Place {
    let folder: ScratchFolder
    let core: FilePath
    let ways: [[String]]

    init() throws {
      folder = try ScratchFolder()
      core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
      ways = [
        ["inspect", core.string, "--html", "report"],
        ["batch", core.string, "-o", "out", "--report", "report"],
        [core.string, "--gdb-script", "report"],
      ]
    }

    func run(_ words: [String]) throws -> ToolResult {
      var tool = Tool.coresalvage(words)
      tool.folder = folder.path
      return try tool.run()
    }
  }

  @Test("takes the place of the last one at once, without --force")
  func replaced() throws {
    let place = try Place()
    let report = place.folder.file("report")
    for way in place.ways {
      FileTree.remove(report)
      #expect(try place.run(way).status ?? 9 <= 1)
      let bytes = try ReferenceSource.contents(of: report)
      let old = try FileTree.status(report).st_ino
      let again = try place.run(way)
      #expect(again.status ?? 9 <= 1 && again.errorOutput.isEmpty, "\(again)")
      #expect(try ReferenceSource.contents(of: report) == bytes)
      #expect(try FileTree.status(report).st_ino != old, "written over, not replaced")
    }
  }

  @Test("takes the place of no other file, whatever its name, and of no link")
  func others() throws {
    let place = try Place()
    let report = place.folder.file("report")
    let page = Array(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<p>Mine".utf8)
    for way in place.ways {
      for bytes in [[], Array("notes".utf8), page, Array("set confirm off\n".utf8)] {
        try place.folder.write(bytes, to: "report")
        let result = try place.run(way)
        #expect(result.ending == .exit(3), "\(result)")
        #expect(result.errorText.contains("exists already; --force replaces it"), "\(result)")
        #expect(try ReferenceSource.contents(of: report) == bytes)
      }
      #expect(try place.run(way + ["-f"]).status ?? 9 <= 1)
      FileTree.remove(place.folder.file("other"))
      try #require(rename(report.string, place.folder.file("other").string) == 0)
      try #require(symlink("other", report.string) == 0)
      let before = try ReferenceSource.contents(of: place.folder.file("other"))
      #expect(try place.run(way).ending == .exit(3), "through a link")
      #expect(try ReferenceSource.contents(of: place.folder.file("other")) == before)
      FileTree.remove(report)
    }
  }
}
