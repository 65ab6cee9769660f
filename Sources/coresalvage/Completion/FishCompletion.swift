/// The script for fish, which completes files by itself where nothing else is said.
struct FishCompletion {
  private let commands: [CompletionScript.Command]

  init(_ commands: [CompletionScript.Command]) { self.commands = commands }

  var text: String {
    let tops = commands.filter { $0.names.count == 1 }
    let groups = commands.filter { !$0.layout.commands.isEmpty }
    return """
      # Completes coresalvage in fish. Made by coresalvage --generate-completion-script fish.
      function __coresalvage_command
          set -l words (commandline -opc)
          set -e words[1]
          switch "$words[1]"
      \(groups.map(choice).joined(separator: "\n"))
              case \(tops.map(\.name).joined(separator: " "))
                  echo $words[1]
              case '*'
                  echo \(CompletionScript.usual)
          end
      end
      function __coresalvage_is
          contains -- (__coresalvage_command) $argv
      end
      function __coresalvage_is_first
          test (count (commandline -opc)) -eq 1
      end
      \(tops.map { name($0, when: "__coresalvage_is_first") }.joined(separator: "\n"))
      \(groups.flatMap(names).joined(separator: "\n"))
      \(commands.filter { !takesFiles($0) }.map(noFiles).joined(separator: "\n"))
      \(options.joined(separator: "\n"))

      """
  }

  private func below(_ group: CompletionScript.Command) -> [CompletionScript.Command] {
    commands.filter { $0.names.count == 2 && $0.names[0] == group.name }
  }

  private func choice(_ group: CompletionScript.Command) -> String {
    """
            case \(group.name)
                if contains -- "$words[2]" \(below(group).compactMap(\.names.last).joined(separator: " "))
                    echo "\(group.name) $words[2]"
                else
                    echo \(group.name)
                end
    """
  }

  private func name(_ command: CompletionScript.Command, when condition: String) -> String {
    "complete -c coresalvage -n \(condition.fishQuoted) -a \(command.layout.name) -d \(command.layout.help.fishQuoted)"
  }

  private func names(_ group: CompletionScript.Command) -> [String] {
    below(group).map { name($0, when: "__coresalvage_is \(group.name)") }
  }

  private func takesFiles(_ command: CompletionScript.Command) -> Bool {
    command.layout.operands.contains { $0.values == .file }
  }

  private func noFiles(_ command: CompletionScript.Command) -> String {
    "complete -c coresalvage -n \("__coresalvage_is '\(command.name)'".fishQuoted) -f"
  }

  /// A line for each option, with all commands that have it so.
  private var options: [String] {
    var found: [(line: String, commands: [String])] = []
    for command in commands {
      for option in command.layout.shownOptions {
        let line = words(option)
        if let index = found.firstIndex(where: { $0.line == line }) {
          found[index].commands.append(command.name)
        } else {
          found.append((line, [command.name]))
        }
      }
    }
    return found.map { line, commands in
      let condition =
        "__coresalvage_is "
        + commands.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
      return "complete -c coresalvage -n \(condition.fishQuoted)\(line)"
    }
  }

  private func words(_ option: CommandLayout.Option) -> String {
    let names = option.names.map { name in
      name.hasPrefix("--") ? " -l \(name.dropFirst(2))" : " -s \(name.dropFirst())"
    }
    return names.joined() + value(option) + " -d \(option.shortHelp.fishQuoted)"
  }

  private func value(_ option: CommandLayout.Option) -> String {
    guard option.valueName != nil else { return "" }
    return switch option.values {
    case .any: " -x"
    case .file: " -r -F"
    case .folder: " -x -a '(__fish_complete_directories)'"
    case .list(let values): " -x -a \(values.joined(separator: " ").fishQuoted)"
    }
  }
}
