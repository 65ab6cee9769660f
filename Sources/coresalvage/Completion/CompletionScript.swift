internal import ArgumentParser
internal import SalvageText

/// A script that completes the command in a shell, made of what the parser takes.
///
/// The parser's own scripts know neither that a command's name may be left out nor which operands are files.
struct CompletionScript {
  enum Shell: String, CaseIterable {
    case bash, zsh, fish
  }

  private let shell: Shell
  private let commands: [Command]

  /// A command and the words that name it.
  struct Command {
    let names: [String]
    let layout: CommandLayout

    var name: String { names.joined(separator: " ") }
  }

  static let option = "--generate-completion-script"

  /// nil where the words ask for none. Throws where they name no shell that we know.
  init?(asked words: [String]) throws {
    guard let first = words.first, first == Self.option || first.hasPrefix(Self.option + "=") else {
      return nil
    }
    let name =
      first == Self.option
      ? words.dropFirst().first ?? "" : String(first.dropFirst(Self.option.count + 1))
    guard let shell = Shell(rawValue: name) else {
      let known = Shell.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("\(Self.option) takes the name of a shell: \(known)")
    }
    self.init(shell)
  }

  private init(_ shell: Shell) {
    self.shell = shell
    commands = Self.commands(below: .root, [])
  }

  private static func commands(below layout: CommandLayout, _ names: [String]) -> [Command] {
    layout.shownCommands.flatMap { command in
      let own = Command(names: names + [command.name], layout: command)
      return [own] + commands(below: command, own.names)
    }
  }

  /// What is meant where no command is named.
  static let usual = "repair"

  var text: String {
    switch shell {
    case .bash: BashCompletion(commands).text
    case .zsh: ZshCompletion(commands).text
    case .fish: FishCompletion(commands).text
    }
  }
}

extension CommandLayout.Option {
  /// What is told of it in a list: its first sentence.
  var shortHelp: String {
    let sentence = help.split(separator: ". ").first.map(String.init) ?? help
    return sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
  }
}

extension String {
  /// In single quotes, for a shell.
  var singleQuoted: String {
    "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// In single quotes, for fish, which knows two escapes there.
  var fishQuoted: String {
    "'" + map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "'"
  }
}
