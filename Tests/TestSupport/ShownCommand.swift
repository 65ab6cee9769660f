/// A command that a text shows, with what it shows of the command's output: `[...]` stands for anything.
public struct ShownCommand: Sendable {
  public let line: String
  public var output: [String] = []

  public init(_ line: String) { self.line = line }

  /// The commands in the blocks of a kind in Markdown, in order. Those of a console begin with `$ `.
  public static func inMarkdown(_ text: String, block: String) -> [ShownCommand] {
    var commands: [ShownCommand] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```\(block)"
      } else if isInside, block != "console" || line.hasPrefix("$ ") {
        commands.append(ShownCommand(String(line.dropFirst(block == "console" ? 2 : 0))))
      } else if isInside, !commands.isEmpty {
        commands[commands.count - 1].output.append(String(line))
      }
    }
    return commands
  }

  /// The examples of a manual page: the commands of each paragraph of the section, in order.
  public static func inManual(_ page: [String]) -> [[ShownCommand]] {
    guard let start = page.firstIndex(of: ".Sh EXAMPLES") else { return [] }
    var examples: [[ShownCommand]] = []
    var isLiteral = false
    for line in page[(start + 1)...].prefix(while: { !$0.hasPrefix(".Sh ") }) {
      if line.hasPrefix(".Bd ") || line == ".Ed" { isLiteral = line != ".Ed" }
      // What leads to an example is a paragraph of text.
      if !isLiteral, !line.hasPrefix(".") || examples.isEmpty, examples.last?.isEmpty != true {
        examples.append([])
      }
      let shown = isLiteral ? line[...] : line.hasPrefix(".Dl ") ? line.dropFirst(4) : ""
      if shown.hasPrefix("$ ") || shown.hasPrefix("# ") {
        examples[examples.count - 1].append(ShownCommand(String(shown.dropFirst(2))))
      } else if isLiteral, let last = examples.last?.last, !line.hasPrefix(".") {
        let place = examples.count - 1
        var command = last
        if last.output.isEmpty, last.line.hasSuffix("|") {
          command = ShownCommand(last.line + String(shown))
        } else {
          command.output.append(String(shown))
        }
        examples[place][examples[place].count - 1] = command
      }
    }
    return examples.filter { !$0.isEmpty }
  }

  /// The line that is shown, or was printed, and has no other to it; nil where all is as it is shown.
  public func difference(to printed: [String]) -> String? {
    var rest = printed[...]
    var maySkip = false
    for line in output where !line.isEmpty {
      guard line.drop(while: { $0 == " " }) != "[...]" else {
        maySkip = true
        continue
      }
      guard let index = rest.firstIndex(where: { Self.matches($0, line) }),
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
}
