/// Breaks long lines at words, for a terminal: what it breaks by itself falls inside of words.
enum LineBreaks {
  /// The text with no line wider than `width`, but for words that are. What is to be typed stays in one line, and so does what
  /// has colours: it is made to fit.
  static func fitted(_ text: String, width: Int) -> String {
    guard width >= 20 else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { fitted(line: $0, width) }.joined(separator: "\n")
  }

  private static func fitted(line: Substring, _ width: Int) -> String {
    guard line.utf8.count > width, line.count > width, !line.hasPrefix("next: "),
      !line.utf8.contains(0x1b)
    else { return String(line) }
    let indent = indentation(of: line, width)
    var rest = line
    var result = ""
    var column = 0
    while !rest.isEmpty {
      let gap = rest.prefix { $0 == " " }
      rest = rest.dropFirst(gap.count)
      let word = rest.prefix { $0 != " " }
      rest = rest.dropFirst(word.count)
      if !result.isEmpty, column + gap.count + word.count > width {
        result += "\n" + String(repeating: " ", count: indent) + word
        column = indent + word.count
      } else {
        result += gap + word
        column += gap.count + word.count
      }
    }
    return result
  }

  /// Where what follows begins: under the text behind a label, else a little further in than the line.
  private static func indentation(of line: Substring, _ width: Int) -> Int {
    let start = line.prefix { $0 == " " }.count
    let afterLabel = 12
    if start == 2, line.count > afterLabel, line.dropFirst(afterLabel - 1).first == " ",
      line.dropFirst(afterLabel).first != " "
    {
      return width > 3 * afterLabel ? afterLabel : 4
    }
    return min(start + (start >= afterLabel ? 0 : 2), width / 2)
  }
}
