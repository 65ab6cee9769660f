import SystemPackage
import TestSupport
import Testing

/// Scripts/skips.sh, which lets no test be skipped without an excuse of the machine.
@Suite("a skipped test")
struct SkipTests {
  private func judged(_ skips: String, log: String = "") throws -> ToolResult {
    let folder = try ScratchFolder()
    let files = try [("skips", skips), ("log", log)].map {
      try folder.write(Array($0.1.utf8), to: $0.0).string
    }
    return try Tool(Tool.packageRoot.appending("Scripts/skips.sh").string, files).run()
  }

  @Test("is named with what it needs, and excused by what the machine can't have")
  func excused() throws {
    let need = Need.kernelSetting("kernel.no_such_setting")
    let result = try judged("\(need)\tFile.swift: a test\n\(need)\tFile.swift: a test\n")
    #expect(result.ending == .exit(0), "\(result)")
    #expect(result.text.contains("needs \(need): File.swift: a test"), "\(result)")
    #expect(result.text.contains("1 tests skipped, 0 of them"), "\(result)")
  }

  @Test("fails the run if the machine doesn't excuse it, or nobody knows the reason")
  func unexcused() throws {
    for need in ["setting kernel.core_pattern", "patience"] {
      let result = try judged("\(need)\tFile.swift: a test\n")
      #expect(result.ending == .exit(1), "\(result)")
      #expect(result.text.contains("NOT EXCUSED   needs \(need)"), "\(result)")
    }
  }

  @Test("for a program that is missing is excused to nobody who can install it", .needs(.root))
  func missingProgram() throws {
    let result = try judged("\(Need.tool("gdb"))\tFile.swift: a test\n")
    #expect(result.ending == .exit(1), "\(result)")
  }

  @Test("fails the run if it went past the one door")
  func pastTheDoor() throws {
    let own =
      "➜ Test \"a\" skipped: \"needs tool gdb\"\n◇ Suite \"a skipped test\" started.\n"
    #expect(try judged("", log: own).ending == .exit(0))
    for words in ["skipped: \"flaky\"", "skipped.", "was cancelled after 0.1 seconds: \"later\""] {
      let result = try judged("", log: own + "➜ Test \"b\" \(words)\n")
      #expect(result.ending == .exit(1), "\(result)")
      #expect(result.text.contains("1 tests skipped, 1 of them"), "\(result)")
    }
  }
}
