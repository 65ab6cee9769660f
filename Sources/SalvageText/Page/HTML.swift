/// Text of a page under construction. What comes from a core goes in through `text` and `attribute` alone.
package struct HTML: Hashable, Sendable {
  package private(set) var source = ""

  /// Markup of ours, as it is.
  package mutating func raw(_ markup: String) { source += markup }

  /// Text, which can't become markup. Control characters and such must be escapes already, as PrintableText makes them.
  package mutating func text(_ text: String) { source += Self.escaped(text) }

  /// `<name class="…">text</name>`
  package mutating func element(_ name: String, _ text: String, class style: String? = nil) {
    raw("<\(name)\(style.map { " class=\"\($0)\"" } ?? "")>")
    self.text(text)
    raw("</\(name)>")
  }

  /// A row of a table: the first cell heads it.
  package mutating func row(_ cells: [String], numbers: Set<Int> = [], codes: Set<Int> = []) {
    raw("<tr>")
    for (index, cell) in cells.enumerated() {
      let style = numbers.contains(index) ? "n" : codes.contains(index) ? "c" : nil
      if index == 0 {
        raw("<th scope=\"row\"\(style.map { " class=\"\($0)\"" } ?? "")>")
        text(cell)
        raw("</th>")
      } else {
        element("td", cell, class: style)
      }
    }
    raw("</tr>\n")
  }

  /// A table with its caption, which scrolls by itself where it is wider than the screen.
  package mutating func table(
    _ caption: String, _ titles: [String], numbers: Set<Int> = [], _ rows: (inout HTML) -> Void
  ) {
    raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
    text(caption)
    raw("\"><table><caption>")
    text(caption)
    raw("</caption><thead><tr>")
    for (index, title) in titles.enumerated() {
      raw("<th scope=\"col\"\(numbers.contains(index) ? " class=\"n\"" : "")>")
      text(title)
      raw("</th>")
    }
    raw("</tr></thead><tbody>\n")
    rows(&self)
    raw("</tbody></table></div>\n")
  }

  package static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
