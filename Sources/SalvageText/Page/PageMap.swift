/// A bar of ranges as inline SVG. Each can be pointed at and focused, and is named then, also to a screen reader.
///
/// Widths are shares of the whole, so that it fits a phone without a script; they are not to scale, for sizes differ by
/// a factor of a million.
package struct PageMap: Hashable, Sendable {
  /// A range of the bar.
  package struct Part: Hashable, Sendable {
    /// The style class of its kind.
    var style: String
    /// What it is, and where. Safe to print.
    package var name: String
    package var place: String
    /// Which share of it survived.
    package var survived: Double
    package var weight: Int
  }

  /// A line under the bar: a thread.
  package struct Mark: Hashable, Sendable {
    package var position: Double
    var style: String
    package var name: String
    package var place: String
  }

  package let title: String
  package var parts: [Part]
  package var marks: [Mark] = []

  /// Of more, the page would be slow.
  package static let mostParts = 240
  static let mostMarks = 200

  /// Where each part begins, in percent, and where the last one ends.
  var edges: [Double] {
    let sum = Double(max(parts.reduce(0) { $0 + $1.weight }, 1))
    var edges = [0.0]
    var reached = 0
    for part in parts {
      reached += part.weight
      edges.append(Double(reached) / sum * 100)
    }
    return edges
  }

  package func append(to page: inout HTML) {
    page.raw("<figure><figcaption>")
    page.text(title)
    page.raw("</figcaption>\n<svg class=\"map\" role=\"group\" aria-label=\"")
    page.text(title)
    page.raw("\">\n")
    let edges = edges
    for (index, part) in parts.enumerated() {
      append(part, from: edges[index], to: edges[index + 1], &page)
    }
    for mark in marks { append(mark, &page) }
    page.raw("</svg></figure>\n")
  }

  private func append(_ part: Part, from start: Double, to end: Double, _ page: inout HTML) {
    open(part.name, part.place, &page)
    page.raw(
      "<rect class=\"\(part.style)\" x=\"\(Self.percent(start))\" y=\"2\" height=\"40\" width=\"\(Self.percent(end - start))\"/>"
    )
    if part.survived < 1 {
      // What a cut takes is the end.
      let lost = start + (end - start) * part.survived
      page.raw(
        "<rect class=\"gone\" x=\"\(Self.percent(lost))\" y=\"2\" height=\"40\" width=\"\(Self.percent(end - lost))\"/>"
      )
      page.raw(
        "<rect class=\"hatch\" x=\"\(Self.percent(lost))\" y=\"2\" height=\"40\" width=\"\(Self.percent(end - lost))\"/>"
      )
    }
    close(part.name, part.place, &page)
  }

  private func append(_ mark: Mark, _ page: inout HTML) {
    open(mark.name, mark.place, &page)
    page.raw(
      "<rect class=\"mark \(mark.style)\" x=\"\(Self.percent(mark.position))\" y=\"45\" height=\"11\" width=\"5\"/>"
    )
    close(mark.name, mark.place, &page)
  }

  private func open(_ name: String, _ place: String, _ page: inout HTML) {
    page.raw("<g tabindex=\"0\" role=\"img\" aria-label=\"")
    page.text("\(name), \(place)")
    page.raw("\"><title>")
    page.text("\(name), \(place)")
    page.raw("</title>")
  }

  /// The name under the bar, which shows while the range is pointed at or focused.
  private func close(_ name: String, _ place: String, _ page: inout HTML) {
    page.raw("<text x=\"0\" y=\"74\" aria-hidden=\"true\">")
    page.text(name)
    page.raw("</text><text x=\"0\" y=\"92\" aria-hidden=\"true\">")
    page.text(place)
    page.raw("</text></g>\n")
  }

  /// Two decimals of a percentage, by hand: formatting would need Foundation.
  package static func percent(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
  }
}
