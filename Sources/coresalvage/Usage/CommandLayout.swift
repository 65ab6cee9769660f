internal import ArgumentParser
internal import SalvageText

/// What the command line takes, as the parser itself tells it: to complete one, and to say what is wrong with one.
struct CommandLayout {
  struct Option {
    /// As they are typed, the long ones first.
    let names: [String]
    /// nil for a flag.
    let valueName: String?
    let values: ValueKind
    let isRepeating: Bool
    let isShown: Bool
    let help: String
  }

  struct Operand {
    let name: String
    let values: ValueKind
    let isOptional: Bool
    let isRepeating: Bool
    /// Whether it only comes after `--`.
    let isLast: Bool
  }

  enum ValueKind: Equatable {
    case any, file, folder
    case list([String])
  }

  let name: String
  let help: String
  let options: [Option]
  let operands: [Operand]
  let commands: [CommandLayout]
  let isShown: Bool

  /// The command itself, with all below it.
  static var root: CommandLayout {
    let text = Coresalvage._dumpHelp()
    return CommandLayout(JSONValue(reading: text)?["command"] ?? .null)
  }

  private init(_ json: JSONValue) {
    name = json["commandName"]?.string ?? ""
    help = json["abstract"]?.string ?? ""
    isShown = json["shouldDisplay"]?.bool ?? true
    let arguments = json["arguments"]?.array ?? []
    options = arguments.filter { $0["kind"]?.string != "positional" }.map(Option.init)
    operands = arguments.filter { $0["kind"]?.string == "positional" }.map(Operand.init)
    commands = (json["subcommands"]?.array ?? []).map(CommandLayout.init)
  }

  /// Commands that people are to know of.
  var shownCommands: [CommandLayout] { commands.filter(\.isShown) }
  var shownOptions: [Option] { options.filter(\.isShown) }

  func command(named name: String) -> CommandLayout? { commands.first { $0.name == name } }

  func option(named name: String) -> Option? { options.first { $0.names.contains(name) } }
}

extension CommandLayout.Option {
  fileprivate init(_ json: JSONValue) {
    let names = (json["names"]?.array ?? []).map { name in
      (name["kind"]?.string == "long" ? "--" : "-") + (name["name"]?.string ?? "")
    }
    self.names = names.filter { $0.hasPrefix("--") } + names.filter { !$0.hasPrefix("--") }
    valueName = json["kind"]?.string == "option" ? json["valueName"]?.string : nil
    values = CommandLayout.ValueKind(json)
    isRepeating = json["isRepeating"]?.bool ?? false
    isShown = json["shouldDisplay"]?.bool ?? true
    help = json["abstract"]?.string ?? ""
  }
}

extension CommandLayout.Operand {
  fileprivate init(_ json: JSONValue) {
    name = json["valueName"]?.string ?? ""
    values = CommandLayout.ValueKind(json)
    isOptional = json["isOptional"]?.bool ?? false
    isRepeating = json["isRepeating"]?.bool ?? false
    isLast = json["parsingStrategy"]?.string == "postTerminator"
  }
}

extension CommandLayout.ValueKind {
  fileprivate init(_ json: JSONValue) {
    let kind = json["completionKind"]
    if let values = kind?["list"]?["values"]?.array?.compactMap(\.string) {
      self = .list(values)
    } else if kind?["directory"] != nil {
      self = .folder
    } else {
      self = kind?["file"] != nil ? .file : .any
    }
  }
}
