import SystemPackage
import TestSupport
import Testing

/// What the README shows of a terminal is what a reader gets who types it.
@Suite("the README's examples of the command")
struct ReadmeCommandTests {
  private struct Command {
    let line: String
    var output: [String] = []
  }

  /// The commands in the blocks of a console, in order, each with the lines that are shown for it.
  private static func commands(in text: String) -> [Command] {
    var commands: [Command] = []
    var isConsole = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isConsole = line == "```console"
      } else if isConsole, line.hasPrefix("$ ") {
        commands.append(Command(line: String(line.dropFirst(2))))
      } else if isConsole, !commands.isEmpty {
        commands[commands.count - 1].output.append(String(line))
      }
    }
    return commands
  }

  /// The line that is shown, in which `[...]` stands for anything, if it is not what was printed.
  private static func difference(_ shown: [String], _ printed: [String]) -> String? {
    var rest = printed[...]
    var maySkip = false
    for line in shown {
      guard line.drop(while: { $0 == " " }) != "[...]" else {
        maySkip = true
        continue
      }
      guard let index = rest.firstIndex(where: { matches($0, line) }),
        maySkip || index == rest.startIndex
      else { return line }
      rest = rest[(index + 1)...]
      maySkip = false
    }
    return maySkip || rest.isEmpty ? nil : rest.first
  }

  private static func matches(_ line: String, _ shown: String) -> Bool {
    let parts = shown.split(separator: "[...]", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return line == shown }
    return line.hasPrefix(parts[0]) && line.hasSuffix(parts[1])
      && line.utf8.count >= shown.utf8.count - 5
  }

  /// The symbols of the library of C that the core was made with: other builds have other lines.
  private static let symbols =
    "/usr/lib/debug/.build-id/\(libraryID.prefix(2))/\(libraryID.dropFirst(2)).debug"
  private static let libraryID = "93ac61ec5a8eb1396f9fbd350e3169a558528a40"

  @Test("give what they show", .needs(.gdb, .path(symbols)))
  func give() throws {
    let readme = try ReferenceSource.contents(of: Tool.packageRoot.appending("README.md"))
    let commands = Self.commands(in: String(decoding: readme, as: UTF8.self))
    #expect(commands.count == 5)
    let folder = try ScratchFolder()
    let link = Tool("ln", ["-s", Tool.packageRoot.appending("Fixtures").string, "Fixtures"])
    var tool = link
    tool.folder = folder.path
    try tool.runSuccessfully()
    for command in commands {
      tool = Tool("bash", ["-c", "exec 2>&1; \(command.line)"])
      tool.folder = folder.path
      tool.output = .terminal
      tool.environment = ["HOME": folder.path.string, "DEBUGINFOD_URLS": nil, "TERM": "dumb"]
      let binary = Tool.coresalvagePath.removingLastComponent()
      tool.environment["PATH"] = "\(binary):\(Environment["PATH"] ?? "/usr/bin:/bin")"
      let result = try tool.run()
      #expect(result.ending == .exit(0), "\(command.line): \(result)")
      let printed = result.text.split(whereSeparator: \.isNewline).map(String.init)
      let difference = Self.difference(command.output.filter { !$0.isEmpty }, printed)
      #expect(difference == nil, "\(command.line): \(result)")
    }
    // The last one is the one that the repair printed.
    let next = try #require(commands[3].output.last { $0.hasPrefix("next: ") }?.dropFirst(6))
    #expect(commands[4].line.hasPrefix(next))
  }

  @Test("are compared line by line, but for what they leave out")
  func comparison() {
    let printed = ["a", "b 7 c", "d"]
    for shown in [["a", "b [...] c", "d"], ["a", "[...]"], ["[...]", "d"], ["  [...]"]] {
      #expect(Self.difference(shown, printed) == nil, "\(shown)")
    }
    let others = [
      ["a", "d"], ["b 7 c", "d"], ["a", "b [...] d", "d"], ["a", "b 7 c"], ["[...]", "a"],
    ]
    for shown in others {
      #expect(Self.difference(shown, printed) != nil, "\(shown)")
    }
  }
}
