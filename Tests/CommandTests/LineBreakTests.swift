import SystemPackage
import TestSupport
import Testing

/// Lines on a terminal break at words.
@Suite("a line on a terminal")
struct LineBreakTests {
  @Test(
    "is no wider than it, breaks at words alone, and is whole in a pipe",
    arguments: [40, 80, 132, 200])
  func width(columns: Int) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    for words in [["inspect", "--no-local-files"], ["-n"], ["check", "-v"]] {
      let piped = try Tool.coresalvage(words + [core.string]).run().text
      // A terminal that the test sizes, by script(1)'s way: stty says how wide it is.
      var tool = Tool(
        "bash",
        ["-c", "stty cols \(columns) <&1; exec \"$@\"", "-", Tool.coresalvagePath.string] + words
          + [core.string])
      tool.output = .terminal
      tool.environment["TERM"] = "dumb"
      let shown = try tool.run().text.replacing("\r\n", with: "\n")
      func bare(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
      // The picture is as wide as the terminal: all else is the same words.
      guard words[0] != "inspect" else {
        for line in shown.split(separator: "\n") where line.count > columns {
          let isTyped = line.hasPrefix("next: ")
          #expect(isTyped || !line.drop { $0 == " " }.contains(" "), "\(columns): \(line)")
        }
        continue
      }
      #expect(bare(shown) == bare(piped), "\(columns)")
      for line in shown.split(separator: "\n") where line.count > columns {
        #expect(line.hasPrefix("next: ") || !line.drop { $0 == " " }.contains(" "), "\(line)")
      }
    }
  }
}
