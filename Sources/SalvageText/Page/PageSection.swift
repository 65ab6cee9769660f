internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Salvage

/// All about one core: what it is, pictures of it, why it was cut, and tables.
struct PageSection {
  private let inspection: Inspection
  private let number: Int

  /// Of longer lists the page names the rest; the JSON has all.
  private static let mostRows = 1000

  init(_ inspection: Inspection, number: Int) {
    self.inspection = inspection
    self.number = number
  }

  func append(to page: inout HTML) {
    page.raw(
      "<section id=\"core-\(number)\" aria-labelledby=\"title-\(number)\">\n<h1 id=\"title-\(number)\">"
    )
    page.text(PrintableText(inspection.report.input).description)
    page.raw("</h1>\n")
    appendSummary(to: &page)
    appendMaps(to: &page)
    appendCauses(to: &page)
    appendCapture(to: &page)
    appendFindings(to: &page)
    appendThreads(to: &page)
    appendMemory(to: &page)
    appendLosses(to: &page)
    appendModules(to: &page)
    page.raw("</section>\n")
  }

  private func appendSummary(to page: inout HTML) {
    let report = inspection.report
    page.raw("<p>")
    let state = PageRow.State(inspection)
    page.element("span", state.rawValue, class: "state \(state.style)")
    page.text(" " + inspection.stateText)
    page.raw("</p>\n<dl>")
    func add(_ term: String, _ text: String?) {
      guard let text, !text.isEmpty else { return }
      page.element("dt", term)
      page.element("dd", text)
    }
    add("Dump", report.writer.words)
    add("Program", report.program.map { PrintableText($0).description })
    add("Command", report.commandLine.map { PrintableText($0).description })
    add(
      "Process",
      report.processID.map { "pid \($0)" + (inspection.userID.map { ", user \($0)" } ?? "") })
    add("Signal", inspection.signalMeaning)
    add("Died", report.died?.description)
    add(
      "Machine",
      (report.machineName ?? "number \(report.machine.rawValue)")
        + (inspection.isPageSizeKnown ? ", pages of \(inspection.pageSize) bytes" : ""))
    for (label, words) in inspection.wayInLines {
      add(label == "stream" ? "Stream" : "Archive", words)
    }
    page.raw("</dl>\n")
  }

  // MARK: Pictures

  private func appendMaps(to page: inout HTML) {
    page.raw("<h2>What survived</h2>\n")
    page.element(
      "p", "Point at a range, or move to it with the Tab key, to see its name.", class: "muted")
    PageMap(fileOf: inspection).append(to: &page)
    PageMap(addressesOf: inspection).append(to: &page)
    page.raw("<ul class=\"legend\">")
    for tally in inspection.memory where tally.dumped.size > 0 {
      page.raw("<li><span class=\"swatch \(tally.kind.style)\"></span>")
      page.text(tally.kind.rawValue)
      page.raw("</li>")
    }
    page.raw("<li><span class=\"swatch k-head\"></span>headers and notes</li>")
    page.raw("<li><span class=\"swatch hatched\"></span>lost</li></ul>\n")
    appendMarkLegend(to: &page)
  }

  /// What the ticks below the addresses are.
  private func appendMarkLegend(to page: inout HTML) {
    let styles = Set(PageMap(addressesOf: inspection).marks.map(\.style))
    guard !styles.isEmpty else { return }
    page.raw(
      "<ul class=\"legend\"><li>Each tick below is a thread, at its stack pointer; its stack is:</li>"
    )
    for (style, words) in [("whole", "whole"), ("partial", "partial"), ("lost", "lost")]
    where styles.contains(style) {
      page.raw(
        "<li><svg class=\"tick\"><rect class=\"mark \(style)\" width=\"5\" height=\"11\"/></svg>")
      page.text(words)
      page.raw("</li>")
    }
    page.raw("</ul>\n")
  }

  // MARK: Words

  private func appendCauses(to page: inout HTML) {
    guard !inspection.causes.isEmpty || inspection.doubt != nil else { return }
    page.element("h2", inspection.causes.isEmpty ? "What was lost" : "Why it was cut")
    let common = inspection.causes.commonEvidence
    for evidence in common { page.element("p", evidence) }
    for cause in inspection.causes {
      page.raw("<div class=\"cause \(cause.confidence.rawValue)\"><p><strong>")
      page.text("\(cause.confidence.rawValue): \(cause.id.rawValue)")
      page.raw("</strong>, ")
      page.text(cause.title)
      page.raw("</p><ul>")
      for evidence in cause.evidence where !common.contains(evidence) {
        page.element("li", evidence)
      }
      page.raw("</ul>")
      page.element("p", "Next time: " + cause.prevention, class: "muted")
      page.raw("</div>\n")
    }
    if let doubt = inspection.doubt { page.element("p", doubt) }
  }

  private func appendCapture(to page: inout HTML) {
    guard let capture = inspection.capture else { return }
    page.raw("<h2>Captured</h2>\n<dl>")
    for (label, text) in capture.facts {
      page.element("dt", label)
      page.element("dd", text)
    }
    page.raw("</dl>\n")
  }

  private func appendFindings(to page: inout HTML) {
    guard !inspection.findings.isEmpty else { return }
    page.raw("<h2>What else doesn’t fit</h2>\n<ul>")
    for finding in inspection.findings {
      page.element("li", finding.text, class: finding.isDamage ? "lost-text" : nil)
    }
    page.raw("</ul>\n")
  }

  // MARK: Tables

  private func appendThreads(to page: inout HTML) {
    let threads = inspection.threads
    page.table(
      "Threads", ["tid", "name", "signal", "stack", "program counter", "at", "stack pointer"]
    ) { page in
      for (index, thread) in threads.prefix(Self.mostRows).enumerated() {
        let signal = thread.signal.number == 0 ? "" : thread.signal.description
        page.row(
          [
            String(thread.id), thread.name.map { PrintableText($0).description } ?? "",
            index == 0 && inspection.hasCrashed ? "\(signal), crashed" : signal,
            thread.stackWords,
            thread.programCounter.map { "0x" + hexadecimal($0) } ?? "",
            inspection.locationText(of: thread),
            thread.stackPointer.map { "0x" + hexadecimal($0) } ?? "",
          ], codes: [4, 6])
      }
    }
    appendRest(threads.count, to: &page)
  }

  private func appendMemory(to page: inout HTML) {
    page.table(
      "Memory by kind", ["kind", "mapped", "dumped", "survived", "lost", ""], numbers: [1, 2, 3, 4]
    ) { page in
      for tally in inspection.memory {
        page.raw("<tr>")
        page.element("th", tally.kind.rawValue)
        for bytes in tally.sizes {
          page.element("td", bytes == 0 ? "–" : ByteCount(bytes).description, class: "n")
        }
        page.raw("<td>")
        if tally.dumped.size > 0 {
          let run = MapRun(
            kind: tally.kind, start: 0, end: 0, dumped: tally.dumped)
          PageMap(
            title: run.name,
            parts: [
              PageMap.Part(
                style: tally.kind.style, name: "", place: "", survived: run.share, weight: 1)
            ]
          ).appendMini(to: &page)
        }
        page.raw("</td></tr>\n")
      }
    }
  }

  private func appendLosses(to page: inout HTML) {
    let lost = inspection.report.lost
    guard !lost.isEmpty else { return }
    page.table("Lost ranges", ["where", "bytes", "what"], numbers: [1]) { page in
      for loss in lost.prefix(Self.mostRows) {
        page.row(
          [loss.range.place, ByteCount(loss.range.length).description, loss.what],
          numbers: [1], codes: [0])
      }
    }
    appendRest(lost.count, to: &page)
  }

  private func appendModules(to page: inout HTML) {
    let modules = inspection.modules
    guard !modules.isEmpty else { return }
    page.table("Modules", ["base", "path", "build-id", "file on the machine that looked"]) { page in
      for module in modules.prefix(Self.mostRows) {
        page.row(
          [
            "0x" + hexadecimal(module.base), PrintableText(module.path).description,
            module.buildIDText ?? module.buildIDAbsence.words, module.localFile.words,
          ], codes: [0, 2])
      }
    }
    appendRest(modules.count, to: &page)
  }

  private func appendRest(_ count: Int, to page: inout HTML) {
    guard count > Self.mostRows else { return }
    page.element("p", "and \(count - Self.mostRows) more; the JSON lists them all", class: "muted")
  }
}
