import Glibc
import SystemPackage
import TestSupport
import Testing

/// What the command says and writes is what `Fixtures/golden` has. `Scripts/golden.sh` writes that anew.
@Suite("the golden outputs")
struct GoldenTests {
  @Test("are what the command gives", arguments: GoldenCase.all.filter { !$0.isPacked })
  func outputs(of golden: GoldenCase) throws { try check(golden) }

  @Test(
    "are what the command gives of archives",
    .needs(.lz4(version: "1.9.4")),
    arguments: GoldenCase.all.filter(\.isPacked))
  func archives(of golden: GoldenCase) throws { try check(golden) }

  private func check(_ golden: GoldenCase) throws {
    let transcript = try GoldenTranscript()
    try golden.commands(transcript)
    let file = GoldenFile(of: golden.name)
    if GoldenFile.isRenewing { return try file.write(transcript.text) }
    if let difference = try file.difference(from: transcript.text) {
      Issue.record("Fixtures/golden/\(golden.name).txt \(difference)")
    }
  }

  @Test("of a core are none of a command line that was refused")
  func refusals() throws {
    for golden in GoldenCase.cores + GoldenCase.archives {
      let kept = try ReferenceSource.contents(of: GoldenFile(of: golden.name).path)
      let text = String(decoding: kept, as: UTF8.self)
      #expect(!text.contains("\n= 64\n"), "\(golden.name)")
    }
  }

  @Test("belong to a case each, and a case has one of its own")
  func files() throws {
    let cases = GoldenCase.all.map { $0.name + ".txt" }
    #expect(Set(cases).count == cases.count)
    for name in try FileTree.names(in: GoldenFile.folder) where !cases.contains(name) {
      if GoldenFile.isRenewing {
        unlink(GoldenFile.folder.appending(name).string)
      } else {
        Issue.record("Fixtures/golden/\(name) is no case's; Scripts/golden.sh removes it")
      }
    }
  }

  @Test("that differ are told line by line")
  func difference() {
    let kept = "$ one\n| a\n= 0\n$ two\n| b\n| c\n= 0\n"
    let found = "$ one\n| a\n= 0\n$ two\n| B\n| c\n| d\n= 0\n"
    #expect(
      GoldenFile.difference(between: kept, and: found)
        == "from line 5 on, after $ two\n-| b\n-| c\n+| B\n+| c\n+| d\n")
    #expect(
      GoldenFile.difference(between: kept, and: kept.replacing("= 0", with: "= 1"))
        == "from line 3 on, after $ one\n-= 0\n+= 1\n-= 0\n+= 1\n")
    let cut = String(kept.dropLast(5))
    #expect(GoldenFile.difference(between: kept, and: cut).hasPrefix("from line 7 on, after $ two"))
  }
}
