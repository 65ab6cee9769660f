import CoreModel
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("The facts of a sender")
struct SenderFactsTests {
  private let line: SignalLine

  init() throws {
    let text =
      "  <...>-9000070 (-------) [000] d..1. 5.000001: signal_generate: sig=9 errno=0 code=0 comm=a pid=9 grp=1 res=0"
    line = try #require(SignalLine(Array(text.utf8)[...]))
  }

  /// A /proc of tasks that are gone after some of their files were read.
  private func place(_ tasks: [Int: [String: String]], _ body: (FilePath) throws -> Void) throws {
    let scratch = try ScratchFolder()
    for (task, files) in tasks {
      _ = try scratch.makeFolder("\(task)")
      for (name, text) in files { try scratch.write(Array(text.utf8), to: "\(task)/\(name)") }
    }
    try body(scratch.path)
  }

  private func stat(_ task: Int, _ name: String) -> String {
    "\(task) (\(name)) S " + Array(repeating: "0", count: 40).joined(separator: " ")
  }

  @Test("it is known by its name and process, though it is gone before its other files are read")
  func early() throws {
    try place([
      9_000_070: [
        "stat": stat(9_000_070, "kill) (x"), "status": "Tgid:\t9000070\nUid:\t5\t5\t5\t5\n",
      ]
    ]) {
      let facts = SenderFacts(line, in: $0)
      #expect(facts.evidence == .seen)
      #expect(facts.sender.name == Array("kill) (x".utf8))
      #expect(facts.sender.processID == 9_000_070)
      #expect(facts.sender.userID == 5)
    }
  }

  @Test("one that is gone before its process's name is read is asked for again, with what was seen")
  func late() throws {
    try place([
      9_000_070: [
        "stat": stat(9_000_070, "thread"), "status": "Tgid:\t9000060\nUid:\t5\t5\t5\t5\n",
      ]
    ]) {
      var facts = SenderFacts(line, in: $0)
      #expect(facts.evidence == .line)
      #expect(facts.sender.name.isEmpty)
      // The kernel's list may have an earlier task's process yet.
      facts.settle(9_000_061, line) { $0 == 9_000_060 ? Array("leader".utf8) : Array("other".utf8) }
      #expect(facts.evidence == .recorded)
      #expect(facts.sender.processID == 9_000_060)
      #expect(facts.sender.userID == 5)
      #expect(facts.sender.name == Array("leader".utf8))
    }
  }

  @Test("a thread has its process's name")
  func thread() throws {
    try place([
      9_000_070: ["stat": stat(9_000_070, "thread"), "status": "Tgid:\t9000060\n"],
      9_000_060: ["stat": stat(9_000_060, "leader")],
    ]) {
      let facts = SenderFacts(line, in: $0)
      #expect(facts.evidence == .seen)
      #expect(facts.sender.name == Array("leader".utf8))
    }
  }
}
