/// The script for bash. What is a file bash completes by itself: it alone knows how a name is quoted.
struct BashCompletion {
  private let commands: [CompletionScript.Command]

  init(_ commands: [CompletionScript.Command]) { self.commands = commands }

  var text: String {
    """
    # Completes coresalvage in bash. Made by coresalvage --generate-completion-script bash.
    _coresalvage() {
      local cur=${COMP_WORDS[COMP_CWORD]} prev= command=\(CompletionScript.usual) first=1 word options= operands=
      # --option=value is three words here.
      if [[ $cur == = ]]; then
        cur= prev=${COMP_WORDS[COMP_CWORD-1]}
      elif (( COMP_CWORD > 1 )); then
        prev=${COMP_WORDS[COMP_CWORD-1]}
        [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
      fi
      COMPREPLY=()
      if (( COMP_CWORD > 1 )); then
        case ${COMP_WORDS[1]} in
          \(names(of: commands.filter { $0.names.count == 1 }))) command=${COMP_WORDS[1]} first=2 ;;
        esac
    \(groups.map(choice).joined(separator: "\n"))
      fi
      local values=1
      for word in "${COMP_WORDS[@]:first:COMP_CWORD-first}"; do
        [[ $word == -- ]] && values=
      done
      if [[ $values ]]; then
        case "$command $prev" in
    \(valueCases.joined(separator: "\n"))
        esac
      fi
      case $command in
    \(commands.map(commandCase).joined(separator: "\n"))
      esac
      if [[ $values && $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        compopt +o default +o bashdefault 2>/dev/null
        return
      fi
      local names=
      (( COMP_CWORD == 1 )) && names=\(names(of: commands.filter { $0.names.count == 1 }, separator: " ").singleQuoted)
    \(groups.map(groupNames).joined(separator: "\n"))
      if [[ $names ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
        # Names of files too, beside those of commands; where there is no command, bash's own way.
        if [[ $operands && ${#COMPREPLY[@]} -gt 0 ]]; then
          compopt -o filenames 2>/dev/null
          mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
        fi
      fi
      [[ $operands ]] || compopt +o default +o bashdefault 2>/dev/null
    }
    complete -o bashdefault -o default -F _coresalvage coresalvage

    """
  }

  /// Commands that have others below them.
  private var groups: [CompletionScript.Command] {
    commands.filter { !$0.layout.commands.isEmpty }
  }

  private func below(_ group: CompletionScript.Command) -> [CompletionScript.Command] {
    commands.filter { $0.names.count == 2 && $0.names[0] == group.name }
  }

  private func names(
    of commands: [CompletionScript.Command], separator: String = "|"
  ) -> String {
    commands.compactMap(\.names.last).joined(separator: separator)
  }

  private func choice(_ group: CompletionScript.Command) -> String {
    """
        if [[ $command == \(group.name) ]] && (( COMP_CWORD > 2 )); then
          case ${COMP_WORDS[2]} in
            \(names(of: below(group)))) command="\(group.name) ${COMP_WORDS[2]}" first=3 ;;
          esac
        fi
    """
  }

  private func groupNames(_ group: CompletionScript.Command) -> String {
    "  [[ $command == \(group.name) ]] && (( COMP_CWORD == 2 )) && names="
      + names(of: below(group), separator: " ").singleQuoted
  }

  private func commandCase(_ command: CompletionScript.Command) -> String {
    let options = command.layout.shownOptions.flatMap(\.names).joined(separator: " ")
    let takesFiles = command.layout.operands.contains { $0.values == .file }
    return
      "    \(command.name.singleQuoted)) options=\(options.singleQuoted)\(takesFiles ? " operands=1" : "") ;;"
  }

  /// What each kind of value is completed with, of all options that have such a value.
  private var valueCases: [String] {
    var patterns: [(values: CommandLayout.ValueKind, words: [String])] = []
    for command in commands {
      for option in command.layout.shownOptions where option.valueName != nil {
        let words = option.names.map { "\(command.name) \($0)".singleQuoted }
        if let index = patterns.firstIndex(where: { $0.values == option.values }) {
          patterns[index].words += words
        } else {
          patterns.append((option.values, words))
        }
      }
    }
    return patterns.map { values, words in
      "      \(words.joined(separator: "|")))\n        \(action(values)); return ;;"
    }
  }

  private func action(_ values: CommandLayout.ValueKind) -> String {
    let alone = "compopt +o default +o bashdefault 2>/dev/null"
    return switch values {
    case .any: alone
    case .file: ":"
    case .folder:
      "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")"
    case .list(let values):
      "mapfile -t COMPREPLY < <(compgen -W \(values.joined(separator: " ").singleQuoted) -- \"$cur\"); \(alone)"
    }
  }
}
