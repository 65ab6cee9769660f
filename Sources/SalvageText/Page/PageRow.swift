internal import CoreIO
internal import CoreModel
package import Salvage
internal import SalvageBatch
internal import SystemPackage

/// A core in the overview of many: little enough to keep for each of a long run.
package struct PageRow: Hashable, Sendable {
  package enum State: String, Hashable, Sendable, CaseIterable {
    case whole, repaired, damaged
    case beyondRepair = "beyond repair"
    case notACore = "not a core"
    case failed
    case unfinished = "no space"
    case unread = "not looked into"
    case empty

    package init(_ inspection: Inspection) {
      self =
        inspection.isWhole
        ? .whole : inspection.isRepaired && !inspection.isHurtAgain ? .repaired : .damaged
    }

    /// The style class of its colour.
    var style: Substring {
      switch self {
      case .unfinished, .unread, .empty: "failed"
      default: rawValue.prefix { $0 != " " }
      }
    }
  }

  package let name: String
  package let state: State
  private let section: Int?
  private let strip: PageMap?
  private let sizeFound: UInt64
  private let sizeDue: UInt64?
  private let program: String
  private let signal: String
  private let cause: String

  private static let mostStripParts = 40

  /// - Parameters:
  ///   - name: of the file that the row is about, where it is another than the one that was looked at.
  ///   - state: what became of it; nil for what it is.
  init(
    _ inspection: Inspection, section: Int?, name: FilePath? = nil, state: State? = nil
  ) {
    let report = inspection.report
    self.name = PrintableText(name ?? report.input).description
    self.state = state ?? State(inspection)
    self.section = section
    strip = Self.strip(inspection)
    sizeFound = report.sizeFound
    sizeDue = report.sizeDue
    program = report.program.map { PrintableText(MemoryNames.lastPart($0)).description } ?? ""
    signal = report.signal.map { $0 == 0 ? "" : Signal.name($0, report.signalNumbers) } ?? ""
    cause = inspection.causes.summary ?? inspection.doubt ?? ""
  }

  init(_ error: SalvageError, name: FilePath? = nil, state: State? = nil) {
    self.name = PrintableText(name ?? error.file).description
    self.state = state ?? State(BatchRecord(error.file, error))
    section = nil
    strip = nil
    sizeFound = 0
    sizeDue = nil
    program = ""
    signal = ""
    cause = error.description
  }

  private static func strip(_ inspection: Inspection) -> PageMap {
    let runs = MapRun.runs(inspection.mappings, most: mostStripParts)
    let parts = zip(runs, MapRun.widths(runs, width: 1000)).map { run, weight in
      PageMap.Part(
        style: run.kind.style, name: "", place: "", survived: run.share, weight: weight)
    }
    return PageMap(title: inspection.report.headline(named: false), parts: parts)
  }

  package static func append(_ rows: [PageRow], to page: inout HTML) {
    page.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Cores\">")
    page.raw("<table class=\"sortable\"><thead><tr>")
    let columns: KeyValuePairs = [
      "core": "", "state": "", "memory": "", "size found": " class=\"n\"",
      "size due": " class=\"n\"", "program": "", "signal": "", "why it was cut": "",
    ]
    for (title, style) in columns { page.raw("<th scope=\"col\"\(style)>\(title)</th>") }
    page.raw("</tr></thead><tbody>\n")
    for row in rows { row.append(to: &page) }
    page.raw("</tbody></table></div>\n")
  }

  private func append(to page: inout HTML) {
    page.raw("<tr><th scope=\"row\">")
    if let section { page.raw("<a href=\"#core-\(section)\">") }
    page.text(name)
    if section != nil { page.raw("</a>") }
    page.raw("</th><td class=\"\(state.style)\">\(state.rawValue)</td>")
    page.raw("<td data-key=\"\(Self.permille(sizeFound, of: sizeDue))\">")
    strip?.appendMini(to: &page)
    page.raw("</td><td class=\"n\" data-key=\"\(sizeFound)\">")
    page.text(ByteCount(sizeFound).description)
    page.raw("</td><td class=\"n\" data-key=\"\(sizeDue ?? 0)\">")
    page.text(sizeDue.map { ByteCount($0).description } ?? "")
    page.raw("</td>")
    page.element("td", program)
    page.element("td", signal)
    page.element("td", cause, class: "w")
    page.raw("</tr>\n")
  }

  private static func permille(_ part: UInt64, of whole: UInt64?) -> UInt64 {
    guard let whole, whole > 0 else { return 0 }
    return UInt64(ByteTotal(whole, survived: part).share(of: 1000))
  }
}

extension PageMap {
  /// The bar alone, small, as one picture with one name.
  func appendMini(to page: inout HTML) {
    page.raw("<svg class=\"mini\" role=\"img\" aria-label=\"")
    page.text(title)
    page.raw("\">")
    let edges = edges
    for (index, part) in parts.enumerated() {
      let (start, end) = (edges[index], edges[index + 1])
      page.raw(
        "<rect class=\"\(part.style)\" x=\"\(Self.percent(start))\" height=\"14\" width=\"\(Self.percent(end - start))\"/>"
      )
      guard part.survived < 1 else { continue }
      let lost = start + (end - start) * part.survived
      for style in ["gone", "hatch"] {
        page.raw(
          "<rect class=\"\(style)\" x=\"\(Self.percent(lost))\" height=\"14\" width=\"\(Self.percent(end - lost))\"/>"
        )
      }
    }
    page.raw("</svg>")
  }
}
