internal import ArgumentParser
internal import Glibc
internal import SalvageText
internal import SystemPackage

/// What is wrong with a command line, named for what it is: the parser names the first thing that it lacks, which is seldom the
/// one that was typed wrong.
struct UsageAdvice {
  private let words: [String]
  private let root = CommandLayout.root

  init(_ words: [String]) { self.words = words }

  /// What is wrong with words that the parser refused; nil where its own message says it.
  var text: String? {
    guard !words.isEmpty else {
      return "Name a core, and where the repaired one is to go: coresalvage in.core repaired.core"
    }
    let (layout, names, rest) = addressed
    if let first = rest.first, let text = mistypedCommand(first, in: layout, after: names) {
      return text
    }
    let target = names.isEmpty ? root.command(named: "repair") ?? root : layout
    if names.isEmpty, let first = read(rest, target).operands.first,
      root.command(named: first) != nil
    {
      return Self.comesFirst(first)
    }
    if let text = negativeNumber(in: rest, of: target) { return text }
    if let text = unknownOption(in: rest, of: target, names) { return text }
    return surplus(in: rest, of: target, names)
  }

  /// Why `help` has nothing to tell; nil where it has.
  var helpText: String? {
    var layout = root
    for word in words.dropFirst() where !word.hasPrefix("-") {
      guard let next = layout.command(named: word) else {
        return "There is no command '\(word.printable)'" + guess(word, layout)
      }
      layout = next
    }
    return nil
  }

  /// What was meant where a file isn't there that is named nearly as a command is; nil where nothing tells.
  func text(for error: SalvageError) -> String? {
    guard case .io(.noSuchFileOrDirectory, call: "open") = error.kind, let first = words.first,
      FileArgument(argument: first)?.path == error.file,
      let meant = nearest(to: first, in: root)
    else { return nil }
    return
      "\(first.printable): there is no such file, and no such command; did you mean '\(meant)'?"
  }

  // MARK: Commands

  /// What is said of a command's name that stands where a core is expected: behind an option.
  static func comesFirst(_ command: String) -> String {
    "'\(command)' is a subcommand and comes first; for a file of that name write ./\(command)"
  }

  /// The command that the first words name, its names, and what follows them.
  private var addressed: (layout: CommandLayout, names: [String], rest: ArraySlice<String>) {
    var layout = root
    var names: [String] = []
    var rest = words[...]
    while let first = rest.first, let next = layout.command(named: first) {
      layout = next
      names.append(first)
      rest.removeFirst()
    }
    return (layout, names, rest)
  }

  private func mistypedCommand(
    _ word: String, in layout: CommandLayout, after names: [String]
  ) -> String? {
    guard !layout.commands.isEmpty, !word.hasPrefix("-") else { return nil }
    guard names.isEmpty else {
      return "\(names.joined(separator: " ")) has no command '\(word.printable)'"
        + guess(word, layout)
    }
    // Without a command's name it is a core that is to be repaired.
    guard !exists(word), let meant = nearest(to: word, in: layout) else { return nil }
    return "There is no file and no command '\(word.printable)'; did you mean '\(meant)'?"
  }

  private func exists(_ word: String) -> Bool {
    guard let path = FileArgument(argument: word)?.path else { return false }
    return unsafe path.withPlatformString { unsafe access($0, F_OK) } == 0
  }

  private func guess(_ word: String, _ layout: CommandLayout) -> String {
    if let meant = nearest(to: word, in: layout) { return "; did you mean '\(meant)'?" }
    return "; there are " + layout.shownCommands.map(\.name).joined(separator: ", ")
  }

  private func nearest(to word: String, in layout: CommandLayout) -> String? {
    word.nearest(in: layout.shownCommands.map(\.name))
  }

  // MARK: Options

  /// Each word of a command that is an option, by the name that it is looked up by, with its value; then the operands.
  private func read(
    _ rest: ArraySlice<String>, _ layout: CommandLayout
  ) -> (
    options: [String], values: [(option: CommandLayout.Option, word: String)], operands: [String]
  ) {
    var (options, operands): ([String], [String]) = ([], [])
    var values: [(option: CommandLayout.Option, word: String)] = []
    let takesNumbers = layout.operands.contains { ValueForm.counts.contains($0.name) }
    var rest = rest
    func takeValue(of option: CommandLayout.Option?) {
      guard let option, option.valueName != nil, let word = rest.popFirst() else { return }
      values.append((option, word))
    }
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      guard word.hasPrefix("-"), word != "-", !(takesNumbers && isNegativeNumber(word, layout))
      else {
        operands.append(word)
        continue
      }
      guard !word.hasPrefix("--") else {
        let name = String(word.prefix { $0 != "=" })
        options.append(name)
        if name == word { takeValue(of: layout.option(named: name)) }
        continue
      }
      for (index, letter) in word.dropFirst().enumerated() {
        options.append("-\(letter)")
        guard layout.option(named: "-\(letter)")?.valueName != nil else { continue }
        if index + 2 == word.count { takeValue(of: layout.option(named: "-\(letter)")) }
        break
      }
    }
    return (options, values, operands)
  }

  private func isNegativeNumber(_ word: String, _ layout: CommandLayout) -> Bool {
    guard word.hasPrefix("-"), let digit = word.dropFirst().first, digit.isASCII, digit.isNumber
    else { return false }
    return layout.option(named: "-\(digit)") == nil
  }

  /// The parser takes it for an option, and misses the number.
  private func negativeNumber(
    in rest: ArraySlice<String>, of layout: CommandLayout
  ) -> String? {
    let (_, values, operands) = read(rest, layout)
    let options = values.compactMap { option, word in
      option.names.first.flatMap { name in option.valueName.map { (word, "\(name) <\($0)>") } }
    }
    let named = zip(operands, layout.operands).map { ($0, "<\($1.name)>") }
    for (word, place) in options + named where isNegativeNumber(word, layout) {
      let message = "The value '\(word.printable)' is invalid for '\(place)'"
      if let text = ValueForm.negative(message) { return text }
    }
    return nil
  }

  private func unknownOption(
    in rest: ArraySlice<String>, of layout: CommandLayout, _ names: [String]
  ) -> String? {
    let isKnown = { (name: String) in
      layout.option(named: name) != nil || Self.everywhere.contains(name)
    }
    guard let name = read(rest, layout).options.first(where: { !isKnown($0) }) else { return nil }
    let command = names.isEmpty ? layout.name : names.joined(separator: " ")
    var text = "\(command) has no option '\(name.printable)'"
    let known = layout.shownOptions.flatMap(\.names)
    if name == "-V" { return text + "; the version: coresalvage --version" }
    let others = owners(of: name, in: root)
    if !others.isEmpty {
      text += "; it belongs to " + others.map { "coresalvage \($0)" }.listed
    } else if name.hasPrefix("--"),
      let meant = name.nearest(in: known.filter { $0.hasPrefix("--") })
    {
      text += "; did you mean '\(meant)'?"
    }
    return text
  }

  /// What the parser takes of every command.
  private static let everywhere: Set = [
    "--help", "-h", "--version", "--help-hidden", "--experimental-dump-help",
    "--generate-completion-script",
  ]

  /// The commands that have an option, by their names.
  private func owners(of name: String, in layout: CommandLayout) -> [String] {
    layout.shownCommands.flatMap { command in
      let own = command.shownOptions.contains { $0.names.contains(name) } ? [command.name] : []
      return own + owners(of: name, in: command).map { "\(command.name) \($0)" }
    }
  }

  // MARK: Operands

  private func surplus(
    in rest: ArraySlice<String>, of layout: CommandLayout, _ names: [String]
  ) -> String? {
    guard layout.commands.isEmpty, !layout.operands.contains(where: \.isRepeating) else {
      return nil
    }
    let operands = read(rest, layout).operands
    let count = layout.operands.count
    guard operands.count > count else { return nil }
    let command = names.isEmpty ? layout.name : names.joined(separator: " ")
    guard count > 0 else {
      return "\(command) takes options alone, and '\(operands[0].printable)' is none"
    }
    let takes = layout.operands.map { "<\($0.name)>" }.joined(separator: " ")
    var text = "\(command) takes \(takes), and '\(operands[count].printable)' is one too many"
    if layout.name == "repair" {
      text += "; for several cores: coresalvage batch CORE... --output FOLDER"
    }
    return text
  }
}

extension String {
  fileprivate var printable: String { PrintableText(ArgumentBytes.bytes(of: self)).description }

  /// The one of some names that was most likely meant; nil where none is near.
  func nearest(in names: [String]) -> String? {
    let plain = filter { $0 != "-" }
    guard plain.count > 1 else { return nil }
    let known = names.map { ($0, $0.filter { $0 != "-" }) }
    if let same = known.first(where: { $0.1 == plain }) { return same.0 }
    let begun = known.filter { $0.1.hasPrefix(plain) && plain.count > 2 }
    if begun.count == 1 { return begun[0].0 }
    let most = plain.count < 5 ? 1 : 2
    return known.map { ($0.0, $0.1.distance(to: plain)) }.filter { $0.1 <= most }
      .min { $0.1 < $1.1 }?.0
  }

  /// How many letters have to be changed, put in, left out, or swapped with the next one.
  private func distance(to other: String) -> Int {
    let (own, others) = (Array(utf8.prefix(64)), Array(other.utf8.prefix(64)))
    var before: [Int] = []
    var last = Array(0...others.count)
    for (row, letter) in own.enumerated() {
      var next = [row + 1]
      for (column, wanted) in others.enumerated() {
        var cost = Swift.min(
          last[column] + (letter == wanted ? 0 : 1), last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, letter == others[column - 1], own[row - 1] == wanted {
          cost = Swift.min(cost, before[column - 1] + 1)
        }
        next.append(cost)
      }
      (before, last) = (last, next)
    }
    return last[others.count]
  }
}

extension [String] {
  /// As people list them: with an `and` before the last.
  fileprivate var listed: String {
    guard let last, count > 1 else { return joined() }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
