import SystemPackage
import TestSupport
import Testing

@Suite("a file that --program names")
struct NamedProgramTests {
  /// A core, how much of it is there, a file that is not its program, and what is wrong with that.
  static let wrong: [(core: String, size: UInt64?, file: String, says: String)] = [
    ("bakery.whole", nil, "quilt", "has another build-id"),
    ("bakery.whole", nil, "text", "is no ELF file"),
    ("bakery.rlimit-notes", nil, "text", "is no ELF file"),
    ("clock-static.rlimit-notes", nil, "quilt", "does not fit its mappings"),
    ("quilt.many-memory", nil, "bakery", "has another build-id"),
    ("quilt.many-memory", nil, "bakery", "does not fit the core"),
    ("quilt.many-memory", nil, "text", "is no ELF file"),
    // Before NT_FILE, behind AUXV.
    ("bakery.whole", 4200, "quilt", "does not fit the core"),
    ("bakery.whole", 4200, "clock-32", "is for another machine"),
  ]

  @Test(
    "and is not the core's program is what the words are about, and is given to no debugger",
    arguments: wrong)
  func isWrong(core: String, size: UInt64?, file: String, says: String) throws {
    let folder = try ScratchFolder()
    let input = try SampleCores.fixture("\(core).core", into: folder)
    if let size { try Tool("truncate", ["-s", "\(size)", input.string]).runSuccessfully() }
    let program =
      file == "text"
      ? try folder.write(Array("no program".utf8), to: "a file")
      : SampleCores.fixtures.appending("bin/\(file)")
    let result = try Tool.coresalvage(
      "--program", program.string, input.string, folder.file("out").string
    ).runSuccessfully()
    #expect(result.text.contains("\(program), which --program names, \(says)"), "\(result)")
    #expect(!result.text.contains("the file here"), "\(result)")
    #expect(!result.text.contains("replaced:"), "\(result)")
    #expect(result.text.contains("\nnext: gdb -c "), "\(result)")
  }
}
