import SystemPackage
import TestSupport
import Testing

/// What the README shows of a terminal is what a reader gets who types it.
@Suite("the README's examples of the command")
struct ReadmeCommandTests {
  /// The symbols of the library of C that the core was made with: other builds have other lines.
  private static let symbols =
    "/usr/lib/debug/.build-id/\(libraryID.prefix(2))/\(libraryID.dropFirst(2)).debug"
  private static let libraryID = "93ac61ec5a8eb1396f9fbd350e3169a558528a40"

  @Test("give what they show", .needs(.gdb, .path(symbols)))
  func give() throws {
    let readme = try ReferenceSource.contents(of: Tool.packageRoot.appending("README.md"))
    let commands = ShownCommand.inMarkdown(
      String(decoding: readme, as: UTF8.self), block: "console")
    #expect(commands.count == 5)
    let folder = try ScratchFolder()
    let link = Tool("ln", ["-s", Tool.packageRoot.appending("Fixtures").string, "Fixtures"])
    var tool = link
    tool.folder = folder.path
    try tool.runSuccessfully()
    for command in commands {
      // As wide as the README's own lines: on a narrower one they are broken at words.
      tool = Tool("bash", ["-c", "exec 2>&1; stty cols 240 <&1; \(command.line)"])
      tool.folder = folder.path
      tool.output = .terminal
      tool.environment = ["HOME": folder.path.string, "DEBUGINFOD_URLS": nil, "TERM": "dumb"]
      let binary = Tool.coresalvagePath.removingLastComponent()
      tool.environment["PATH"] = "\(binary):\(Environment["PATH"] ?? "/usr/bin:/bin")"
      let result = try tool.run()
      #expect(result.ending == .exit(0), "\(command.line): \(result)")
      let printed = result.text.split(whereSeparator: \.isNewline).map(String.init)
      let difference = command.difference(to: printed)
      #expect(difference == nil, "\(command.line): \(result)")
    }
    // The last one is the one that the repair printed.
    let next = try #require(commands[3].output.last { $0.hasPrefix("next: ") }?.dropFirst(6))
    #expect(commands[4].line.hasPrefix(next))
  }

  @Test("are compared line by line, but for what they leave out")
  func comparison() {
    func difference(_ shown: [String]) -> String? {
      var command = ShownCommand("")
      command.output = shown
      return command.difference(to: ["a", "b 7 c", "d"])
    }
    for shown in [["a", "b [...] c", "d"], ["a", "[...]"], ["[...]", "d"], ["  [...]"]] {
      #expect(difference(shown) == nil, "\(shown)")
    }
    let others = [
      ["a", "d"], ["b 7 c", "d"], ["a", "b [...] d", "d"], ["a", "b 7 c"], ["[...]", "a"],
    ]
    for shown in others { #expect(difference(shown) != nil, "\(shown)") }
  }
}
