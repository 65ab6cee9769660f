/// A word of a command line in a unit of systemd, quoted where it must be (systemd.service(5), systemd.syntax(7)).
enum SystemdWord {
  static func quoted(_ word: String) -> String {
    var text = ""
    var needsQuotes = word.isEmpty
    for character in word.unicodeScalars {
      switch character {
      case "%": text += "%%"
      case "$": text += "$$"
      case "\"", "\\":
        text += "\\" + String(character)
        needsQuotes = true
      case " ", "\t", "'", ";", "#":
        text += String(character)
        needsQuotes = true
      default: text += String(character)
      }
    }
    return needsQuotes ? "\"\(text)\"" : text
  }

  /// A path in a setting like ReadWritePaths=, which knows quotes and %, but no variables.
  static func path(_ path: String) -> String { quoted(path).replacing("$$", with: "$") }

  /// What `path` has made a path of.
  static func plain(_ word: String) -> String {
    var text = ""
    var rest = (word.hasPrefix("\"") ? word.dropFirst().dropLast() : word[...])
    while let first = rest.popFirst() {
      if first == "\\" || first == "%", let second = rest.popFirst() {
        text.append(second)
      } else {
        text.append(first)
      }
    }
    return text
  }
}
