public import CoreIO
public import Salvage
public import SalvageBatch
internal import SystemPackage

/// One self-contained page about one core or many: nothing is loaded from anywhere, and nothing in a core can become
/// markup, style or script.
public struct HTMLPage: Hashable, Sendable {
  private var rows: [PageRow] = []
  private var sections: [String] = []
  /// Whether the rows are in the order in which they were finished, which is another one each time.
  private var isOfBatch = false
  /// The cores of a batch and their outputs, whose place the page must not take.
  private(set) var files = InputSet()

  /// A page without a core.
  public init() {}

  /// Adds a core: its row in the overview, and its own section unless the page is to be an overview alone.
  public mutating func add(_ inspection: Inspection, withDetails: Bool = true) {
    rows.append(PageRow(inspection, section: withDetails ? sections.count + 1 : nil))
    guard withDetails else { return }
    var section = HTML()
    PageSection(inspection, number: sections.count + 1).append(to: &section)
    sections.append(section.source)
  }

  /// Adds a file of a batch: what it was, why it was cut, and what became of it.
  public mutating func add(_ record: BatchRecord) {
    isOfBatch = true
    files.insert(at: record.input)
    files.insert(at: record.output)
    if let error = record.error {
      rows.append(PageRow(error, name: record.input, state: PageRow.State(record)))
      return
    }
    // What is packed and done already is not unpacked again: the notes of its output tell what it was.
    guard let inspection = record.inspection ?? (try? Inspection(of: record.output ?? record.input))
    else { return }
    rows.append(
      PageRow(inspection, section: nil, name: record.input, state: PageRow.State(record)))
  }

  /// Adds a file of which nothing can be shown, with the reason.
  public mutating func add(_ error: SalvageError) { rows.append(PageRow(error)) }

  /// What each page begins with, of whatever version it is, and no file of another program does.
  static let beginning =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"generator\" content=\"coresalvage"

  /// The page, whole.
  public var html: String {
    var page = HTML()
    page.raw(Self.beginning)
    page.raw(" \(SalvageVersion.current)\">\n")
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"\(PageStyle.policy)\">\n")
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
    page.element("title", title)
    page.raw("\n<style>\(PageStyle.sheet)</style>\n</head>\n<body>\n")
    // The pattern of what is lost, for all pictures.
    page.raw(
      "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"8\" height=\"8\" "
    )
    page.raw(
      "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path d=\"M0 0V8\"/></pattern></defs></svg>\n"
    )
    page.raw("<main>\n")
    if rows.count != 1 || sections.isEmpty { appendOverview(to: &page) }
    for section in sections { page.raw(section) }
    page.raw("<p class=\"muted\">Made by coresalvage \(SalvageVersion.current).</p>\n</main>\n")
    if rows.count > 1 { page.raw("<script>\(PageStyle.script)</script>\n") }
    page.raw("</body>\n</html>\n")
    return page.source
  }

  private var title: String {
    rows.count == 1 ? "coresalvage: \(rows[0].name)" : "coresalvage: \(rows.count) cores"
  }

  private func appendOverview(to page: inout HTML) {
    let counts = PageRow.State.allCases.compactMap { state -> String? in
      let count = rows.count { $0.state == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    page.element("h1", counted(rows.count, "core"))
    page.element("p", counts.joined(separator: ", "))
    PageRow.append(isOfBatch ? rows.sorted { $0.name < $1.name } : rows, to: &page)
  }
}
