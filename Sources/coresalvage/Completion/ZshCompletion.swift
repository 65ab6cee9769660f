/// The script for zsh: a function for each command.
struct ZshCompletion {
  private let commands: [CompletionScript.Command]

  init(_ commands: [CompletionScript.Command]) { self.commands = commands }

  var text: String {
    """
    #compdef coresalvage
    # Completes coresalvage in zsh. Made by coresalvage --generate-completion-script zsh.
    \(commands.filter { $0.layout.commands.isEmpty }.map(function).joined(separator: "\n"))
    \(commands.filter { !$0.layout.commands.isEmpty }.map { choice($0.names, nil) }.joined(separator: "\n"))
    \(choice([], CompletionScript.usual))
    # Sourced, it is to be known; found by the shell in its fpath, it is to complete.
    if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _coresalvage "$@"; else compdef _coresalvage coresalvage; fi

    """
  }

  private func name(_ names: [String]) -> String {
    (["_coresalvage"] + names).joined(separator: "-")
  }

  private func function(_ command: CompletionScript.Command) -> String {
    let words = command.layout.shownOptions.map(option) + operands(command.layout)
    return """
      \(name(command.names))() {
        _arguments -s -S : \\
          \(words.joined(separator: " \\\n    "))
      }
      """
  }

  /// Hands on to the function of the command that is named, and offers the names of all; `usual` is what is meant without one.
  private func choice(_ names: [String], _ usual: String?) -> String {
    let below = commands.filter {
      $0.names.count == names.count + 1 && Array($0.names.dropLast()) == names
    }
    let list = below.map { "\($0.layout.name):\($0.layout.help.described)".singleQuoted }
    let offered = usual.map { " ; \(name([$0])) && ret=0" } ?? ""
    return """
      \(name(names))() {
        local ret=1
        local -a commands=(
          \(list.joined(separator: "\n    "))
        )
        if (( CURRENT > 2 )) && (( ${+functions[\(name(names))-$words[2]]} )); then
          local command=$words[2]
          shift words
          (( CURRENT-- ))
          \(name(names))-$command && ret=0
        elif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
          _describe -t commands command commands && ret=0\(offered)
        \(usual.map { "else\n    \(name([$0])) && ret=0\n  " } ?? "")fi
        return ret
      }
      """
  }

  private func option(_ option: CommandLayout.Option) -> String {
    let isLong = { (name: String) in name.hasPrefix("--") }
    let help = "[\(option.shortHelp.described)]"
    let value = option.valueName.map { ":\($0.described):\(action(option.values))" } ?? ""
    let names = option.names.map { $0 + (value.isEmpty ? "" : isLong($0) ? "=" : "+") }
    let others = option.isRepeating ? "*" : "(\(option.names.joined(separator: " ")))"
    guard names.count > 1 else {
      return ((option.isRepeating ? "*" : "") + names[0] + help + value).singleQuoted
    }
    return "\(others.singleQuoted){\(names.joined(separator: ","))}\((help + value).singleQuoted)"
  }

  private func operands(_ layout: CommandLayout) -> [String] {
    layout.operands.filter { !$0.isLast }.enumerated().map { index, operand in
      let place = operand.isRepeating ? "*" : "\(index + 1)"
      return "\(place):\(operand.name.described):\(action(operand.values))".singleQuoted
    }
  }

  private func action(_ values: CommandLayout.ValueKind) -> String {
    switch values {
    case .any: " "
    case .file: "_files"
    case .folder: "_files -/"
    case .list(let values): "(\(values.joined(separator: " ")))"
    }
  }
}

extension String {
  /// As zsh takes the words of a description.
  fileprivate var described: String {
    map { [":", "[", "]", "\\"].contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}
