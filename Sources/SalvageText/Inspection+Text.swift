internal import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage

extension Inspection: CustomStringConvertible {
  /// What a person wants to see first, safe to print. Ends without a newline.
  public var description: String { text() }

  /// - Parameters:
  ///   - all: list every thread, module and lost range, not only the first of many.
  ///   - strip: lines that picture the address space, to stand under the process.
  public func text(all: Bool = false, strip: [String] = []) -> String {
    let most = all ? Int.max : 24
    var sections = [headline + processLines]
    if !strip.isEmpty { sections.append(["Memory by address"] + strip.map { "  " + $0 }) }
    if !causes.isEmpty || doubt != nil { sections.append(causeLines) }
    if let capture { sections.append(["Captured"] + capture.lines) }
    sections.append(threadLines(most))
    if !memory.isEmpty { sections.append(memoryLines) }
    if !report.lostRanges.isEmpty, all { sections.append(report.lossLines) }
    if !rebuilt.isEmpty { sections.append(rebuiltLines(most)) }
    if !modules.isEmpty { sections.append(moduleLines(most)) }
    if !findings.isEmpty {
      sections.append(["What else doesn't fit"] + findings.map { "  " + $0.text })
    }
    if let next { sections.append(["next: \(next)"]) }
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// What to type next: the repair of a core that is damaged, or gdb for one that was repaired already; nil where it is neither,
  /// or came through a pipe.
  public var next: String? {
    guard report.wayIn.kind == .file else { return nil }
    if isRepaired, !isHurtAgain, report.wayIn.packing == nil {
      return DebuggerCommand(report, report.input).line
    }
    guard !isWhole || isHurtAgain else { return nil }
    return "coresalvage \(ShellWord(report.input)) repaired.core"
  }

  /// One line: which core, whether it is whole, and how much of it is there.
  public var headlineText: String { "\(PrintableText(report.input)): \(stateText)" }

  /// What speaks against its being whole, and why it was cut, a line each. Safe to print.
  public var reasonLines: [String] {
    report.verdict.reasons.map { "  " + $0.text } + (causes.summary.map { ["  cut: \($0)"] } ?? [])
  }

  /// What of the file could not be read, where that is so.
  public var unreadableText: String? {
    guard !unreadable.isEmpty else { return nil }
    let most = 4
    let places = unreadable.prefix(most).map { "\($0.length) at offset \($0.lowerBound)" }
    let more =
      unreadable.count > most ? " and \(counted(unreadable.count - most, "more range"))" : ""
    return "can't be read: " + places.joined(separator: ", ") + more
  }

  /// Whether the core is whole, and how much of it is there.
  var stateText: String {
    if !isWhole, !isMended, report.verdict.isComplete, !report.verdict.isFiltered,
      report.wayIn.offsets.trailing == 0, report.wayIn.offsets.summary == nil
    {
      return "damaged, though its length is whole\(toldDamage)"
    }
    if isWhole, isInDamagedBundle { return "in a damaged bundle, \(ByteCount(report.sizeFound))" }
    guard isRepaired else { return report.headline(named: false) }
    if isWhole, !isHurtAgain {
      let size = ByteCount(rebuilt.total(\.length))
      return report.headline(named: false)
        + "; \(repairedBy ?? "coresalvage") added \(size) of its files' memory"
    }
    let since = isHurtAgain ? "damaged again since it was repaired" : "repaired"
    return
      "\(since) by \(repairedBy ?? "coresalvage"); before that \(report.headline(named: false))"
      + toldDamage
  }

  /// What was damaged when it was repaired or made slim, and nothing of its bytes tells any more.
  private var toldDamage: String {
    report.verdict.reasons.filter { $0.isTold && $0.isDamage }
      .map { "; still damaged: \($0.words)" }.joined()
  }

  private var headline: [String] { [headlineText] }

  /// What is wrong with what the core came in, where no cause says it, each with what that is. Safe to print.
  var wayInLines: [(label: String, words: String)] {
    let isCause = causes.contains { $0.id == .stream }
    let wayIn = report.wayIn
    let stream =
      isCause
      ? nil
      : wayIn.streamDamageWords
        ?? wayIn.soundStreamWords
    return (stream.map { [("stream", $0)] } ?? [])
      + report.wayIn.archiveRemarks.map { ("archive", $0) }
  }

  private var processLines: [String] {
    var lines: [String] = []
    func add(_ label: String, _ text: String) {
      lines.append("  " + label.padded(to: 10) + text)
    }
    if let words = report.writer.words { add("dump", words) }
    let program = report.program.map { PrintableText($0).description }
    if program != nil || !report.writer.isMachine {
      add("program", program ?? "unknown: \(report.programAbsence)")
    }
    if let commandLine = report.commandLine, !commandLine.isEmpty {
      add("command", PrintableText(commandLine).description)
    }
    var process: [String] = []
    if let id = report.processID { process.append("pid \(id)") }
    if let userID { process.append("user \(userID)") }
    process.append(report.machineName ?? "machine \(report.machine.rawValue), which we don't know")
    if isPageSizeKnown { process.append("pages of \(pageSize) bytes") }
    add("process", process.joined(separator: ", "))
    if let signalMeaning { add("signal", signalMeaning) }
    if let died = report.died { add("died", died.description) }
    for (label, words) in wayInLines { add(label, words) }
    for reason in report.verdict.reasons where reason.kind == .slim { add("slim", reason.text) }
    return lines
  }

  // MARK: Causes

  private var causeLines: [String] {
    var lines = [causes.isEmpty ? "What was lost" : "Why it was cut"]
    let common = causes.commonEvidence
    for (index, words) in common.enumerated() {
      lines.append("  \((index == 0 ? "found" : "").padded(to: 10))\(words)")
    }
    for cause in causes {
      lines.append(
        "  \(cause.confidence.rawValue.padded(to: 10))\(cause.id.rawValue): \(cause.title)")
      lines += cause.evidence.filter { !common.contains($0) }.map { "            " + $0 }
      lines.append("            Next time: \(cause.prevention)")
    }
    if let doubt { lines.append("  " + doubt) }
    return lines
  }

  // MARK: Threads

  private func threadLines(_ most: Int) -> [String] {
    if let words = report.threadAbsence { return ["Threads: \(words)"] }
    let counts = [StackState.Verdict.whole, .partial, .lost, .absent].compactMap {
      verdict -> String? in
      let count = threads.count { $0.stack?.verdict == verdict }
      return count > 0
        ? "\(count) \(verdict == .absent ? "not in the dump" : verdict.rawValue)" : nil
    }
    let title = report.writer.isMachine ? "Processors" : "Threads"
    var lines = [
      "\(title): \(threads.count); "
        + (counts.isEmpty
          ? "their stacks are not told" : "stacks: \(counts.joined(separator: ", "))")
    ]
    if threads.allSatisfy({ $0.programCounter == nil }) {
      lines[0] = "\(title): \(threads.count); registers saved, not read on this machine"
    }
    let rows = threads.prefix(most).enumerated().map { index, thread in
      [
        String(thread.id),
        thread.name.map { PrintableText($0).description } ?? "",
        index == 0 && hasCrashed ? "crashed" : "",
        thread.signal.number == 0 ? "" : thread.signal.description,
        thread.stackWords,
        locationText(of: thread),
        thread.stackPointer.map { "0x" + hexadecimal($0) } ?? "",
      ]
    }
    lines += Table(["tid", "name", "", "signal", "stack", "at", "sp"], rows).lines
    if threads.count > most { lines.append("  and \(threads.count - most) more; --all lists them") }
    return lines
  }

  /// Whether the first thread is known to be the one that a signal ended the process in: the kernel writes that one first.
  var hasCrashed: Bool {
    [.linux, .handler].contains(report.writer) && report.isFirstThreadKnown
      && (report.signal.map { $0.number != 0 } ?? false)
  }

  /// `libc.so.6+0x9d42 (pause+0x12)`, or the bare address. Safe to print.
  func locationText(of thread: Thread) -> String {
    guard let module = module(of: thread.location) else {
      return thread.programCounter.map { "0x" + hexadecimal($0) } ?? "not read"
    }
    let place = "\(PrintableText(module.name))+0x\(hexadecimal(thread.location.offset))"
    guard let symbol = thread.location.symbol else { return place }
    return place + " (\(PrintableText(symbol))+0x\(hexadecimal(thread.location.symbolOffset)))"
  }

  // MARK: Memory

  private var memoryLines: [String] {
    var rows = memory.map { tally in
      [tally.kind.rawValue]
        + tally.sizes.map(Self.size)
    }
    rows.append(
      ["all"] + (0..<4).map { column in Self.size(memory.total { $0.sizes[column] }) })
    return ["Memory"]
      + Table(
        ["kind", "mapped", "dumped", "survived", "lost"], rows, rightAligned: [1, 2, 3, 4]
      ).lines
      + (report.tableLost > 0 ? ["  \(RepairReport.uncountedWords)"] : [])
  }

  private static func size(_ bytes: UInt64) -> String {
    bytes == 0 ? "-" : ByteCount(bytes).description
  }

  // MARK: What is rebuilt

  /// By what it was had from, the most first.
  private func rebuiltLines(_ most: Int) -> [String] {
    var sums: [RebuiltRange.Origin: (count: Int, bytes: UInt64)] = [:]
    for range in rebuilt {
      var sum = sums[range.origin] ?? (0, 0)
      sum.count += 1
      sum.bytes +|= range.length
      sums[range.origin] = sum
    }
    let sorted = sums.sorted {
      ($1.value.bytes, $0.key.source.rawValue, $0.key.name)
        < ($0.value.bytes, $1.key.source.rawValue, $1.key.name)
    }
    let rows = sorted.prefix(most).map { origin, sum in
      [origin.source.name, "\(sum.count)", Self.size(sum.bytes), origin.name]
    }
    var lines =
      ["Put in, and not of the dump"]
      + Table(["what", "ranges", "bytes", "file"], rows, rightAligned: [1, 2]).lines
    if sorted.count > most { lines.append("  and \(sorted.count - most) more; --all lists them") }
    return lines
  }

  // MARK: Modules

  private func moduleLines(_ most: Int) -> [String] {
    let rows = modules.prefix(most).map { module in
      [
        "0x" + hexadecimal(module.base), module.buildIDText ?? module.buildIDAbsence.words,
        module.localFile.words, PrintableText(module.path).description,
      ]
    }
    var lines = ["Modules"] + Table(["base", "build-id", "file here", "path"], rows).lines
    if modules.count > most { lines.append("  and \(modules.count - most) more; --all lists them") }
    return lines
  }
}

extension RebuiltRange {
  /// Where it was had.
  fileprivate struct Origin: Hashable {
    let source: RebuiltRange.Source
    /// Safe to print.
    let name: String
  }

  fileprivate var origin: Origin {
    Origin(source: source, name: PrintableText(path).description)
  }
}

extension Inspection.Thread {
  /// "whole", "the inner 12.0 kB of 34.1 kB", "lost".
  var stackWords: String {
    guard let stack else { return programCounter == nil ? "not read" : "not told" }
    switch stack.verdict {
    case .whole: return "whole"
    case .partial:
      return "partial: the inner \(ByteCount(stack.survived)) of \(ByteCount(stack.size))"
    case .lost: return "lost"
    case .absent: return "not in the dump"
    }
  }
}

extension BuildIDAbsence {
  package var words: String {
    switch self {
    case .lost: "build-id lost"
    case .notDumped: "not in the dump"
    case .none: "no build-id"
    case .noHeader: "no ELF header"
    }
  }
}

extension Inspection.Module.FileHere {
  package var words: String {
    switch self {
    case .same: "the same"
    case .different: "another"
    case .absent: "none"
    case .unknown: "can't tell"
    }
  }
}
