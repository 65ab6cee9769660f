import SystemPackage
import TestSupport
import Testing

/// What is said of options that a whole core has no use for, and of one that adds to it.
@Suite("the words on a whole core")
struct CompletedWordsTests {
  private struct Place {
    let folder: ScratchFolder
    let core: FilePath

    init() throws {
      try Need.require(.kernelCores, .gcc)
      folder = try ScratchFolder()
      core = try KernelCores.dump(Victim.small, in: folder).path
    }

    func run(_ arguments: String...) throws -> ToolResult {
      try Tool.coresalvage(arguments.map { $0 == "IN" ? core.string : $0 }).runSuccessfully()
    }
  }

  @Test("name each option that changes nothing of it, in one line, and as JSON")
  func withoutEffect() throws {
    let folder = try ScratchFolder()
    let bytes = CoreBuilder.typical().build().bytes
    let core = try folder.write(bytes, to: "in.core").string
    let output = folder.file("out.core")
    for (options, words) in [
      (["--lost", "zero", "--keep-mappings"], "--lost zero, --keep-mappings"),
      (["--rebuild", "none"], "--rebuild none"), (["--with-files", "none"], "--with-files none"),
    ] {
      for command in [["--force"], ["archive", "--force"]] {
        let result = try Tool.coresalvage(command + options + [core, output.string])
          .runSuccessfully()
        let line = "  note      without effect, as it is whole: \(words)\n"
        #expect(result.text.contains(line), "\(result)")
      }
      let json = try ParsedJSON(
        Tool.coresalvage(["-n", "--json"] + options + [core]).runSuccessfully().text)
      #expect(
        json["withoutEffect"]?.array?.compactMap(\.string).joined(separator: ", ") == words)
    }
    let both = try Tool.coresalvage("-n", "--lost", "zero", "--lost-range", "1000000000000:1", core)
      .runSuccessfully().text
    #expect(both.contains("as it is whole: --lost zero\n"), "\(both)")
    #expect(both.contains("as the file ends before: --lost-range 1000000000000:1\n"), "\(both)")
    let plain = try Tool.coresalvage("-n", core).runSuccessfully()
    #expect(!plain.text.contains("without effect"), "\(plain)")
  }

  @Test("say how much was added from how many files, and that it is whole all the same")
  func added() throws {
    let place = try Place()
    let output = place.folder.file("out.core")
    let result = try place.run("--with-files", "all", "IN", output.string)
    #expect(result.text.contains(" of read-only memory from 3 verified files\n"), "\(result)")
    #expect(result.text.contains("\ncompleted core written to \(output)\n"), "\(result)")
    let check = try place.run("check", output.string).text
    #expect(check.hasPrefix("\(output): whole, "), "\(check)")
    #expect(check.contains("; coresalvage ") && check.contains("of its files' memory"), "\(check)")
    let inspected = try place.run("inspect", output.string).text
    #expect(inspected.contains("\nPut in, and not of the dump\n"), "\(inspected)")
    #expect(inspected.contains("mapped file"), "\(inspected)")
    let json = try ParsedJSON(place.run("inspect", "--json", output.string).text)
    #expect(json["whole"]?.bool == true && json["repaired"]?.bool == true)
    #expect(json["rebuilt"]?.array?.first?["source"]?.string == "mapped file")
    #expect(json["rebuilt"]?.array?.first?["cause"] == nil)
    let again = try place.run("-n", output.string).text
    #expect(again.contains("whole, with memory of its files, "), "\(again)")
    #expect(again.contains("it would be copied unchanged"), "\(again)")
  }

  @Test("in a batch tell of the cores that were completed, which are there the next time")
  func batch() throws {
    let place = try Place()
    let cores = try place.folder.makeFolder("cores")
    try SparseCopy.copy(place.core, to: cores.appending("a.core"))
    let words = ["batch", "--json", "--with-files", "all", cores.string, "-o"]
    let output = place.folder.file("repaired")
    let first = try BatchOutput(Tool.coresalvage(words + [output.string]).run())
    #expect(first.count("completed") == 1 && first.count("whole") == 0)
    let check = try Tool.coresalvage("check", output.appending("a.core").string).run()
    #expect(check.status == 0, "\(check)")
    let again = try BatchOutput(Tool.coresalvage(words + [output.string]).run())
    #expect(again.count("present") == 1 && again.count("completed") == 0)
    let archives = place.folder.file("archives")
    let third = try BatchOutput(
      Tool.coresalvage(words + [archives.string, "--archive", "--delete-input"]).run())
    #expect(third.count("archived") == 1)
    #expect(try FileTree.names(in: cores) == [])
  }
}
