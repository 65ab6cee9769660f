internal import CoreIO
public import CoreModel
internal import ELFCore
public import Salvage

extension CoreVerdict.Reason {
  /// What the line of a report begins with.
  var label: String {
    switch kind {
    case .leftOut: "left out"
    case .slim: "slim"
    default: isDamage ? "damage" : "doubt"
    }
  }
}

extension CoreVerdict.Reason {
  /// The sentence as a part of a line.
  public var words: String {
    let end = text.hasSuffix(".") ? text.dropLast() : text[...]
    return end.prefix(1).lowercased() + end.dropFirst()
  }
}

extension RepairReport: CustomStringConvertible {
  /// Some lines for people, safe to print. Ends without a newline.
  public var description: String {
    var lines = [headline(named: true)]
    func add(_ label: String, _ text: String) {
      lines.append("  " + label + String(repeating: " ", count: max(1, 10 - label.count)) + text)
    }
    if let words = writer.words { add("dump", words) }
    add("program", processWords)
    if let died { add("died", died.description) }
    add("threads", threadWords)
    add("memory", memoryWords)
    for (label, words) in wayIn.lines(isWhole: isWhole, isCut: isCut) { add(label, words) }
    for reason in verdict.reasons where reason.kind != .missing {
      add(reason.label, reason.text)
    }
    for (index, group) in lossGroups.enumerated() {
      add(index == 0 ? "lost" : "", group)
    }
    if let completionWords {
      add("added", completionWords)
    } else {
      for (index, line) in rebuiltLines.enumerated() { add(index == 0 ? "rebuilt" : "", line) }
    }
    for (index, line) in doubtLines.enumerated() { add(index == 0 ? "doubt" : "", line) }
    for line in idleLines { add("note", line) }
    if let sizeWords { add("note", sizeWords) }
    for (label, words) in slim?.lines ?? [] { add(label, words) }
    return lines.joined(separator: "\n")
  }

  /// A word about a size that file systems and copies choke on, as where a sanitizer maps terabytes.
  private var sizeWords: String? {
    guard !isWhole, let sizeDue, sizeDue >= 1 << 40, sizeDue > sizeFound else { return nil }
    return
      "the due size of \(ByteCount(sizeDue)) is mostly a hole, as of a program built with a sanitizer;"
      + " --extend none leaves it out"
  }

  /// A table of every lost range, for people; no line where nothing is lost. Safe to print.
  public var lossLines: [String] {
    guard !lostRanges.isEmpty else { return [] }
    let rows = lost.map { loss in
      [loss.range.place, ByteCount(loss.range.length).description, loss.what]
    }
    return ["Lost"] + Table(["where", "bytes", "what"], rows, rightAligned: [1]).lines
  }

  /// Whether it is whole, and how much of it is there; of a file that has been named already without its name.
  func headline(named: Bool) -> String {
    let name = named ? "\(PrintableText(input)): " : ""
    let size = ByteCount(sizeFound)
    guard !isWhole else {
      let isAddedTo = isCompleted ? "with memory of its files, " : ""
      guard !isRepaired || isCompleted else {
        return "\(name)repaired before\(isSlim ? ", slim" : ""), and no further damage, \(size)"
      }
      if isSlim { return "\(name)slim: what was kept of it is whole, \(isAddedTo)\(size)" }
      return
        "\(name)whole, \(isCaptured ? "captured by coresalvage, " : "")\(isAddedTo)\(size)"
    }
    if verdict.isFiltered { return "\(name)filtered by its writer, \(size)" }
    if isCaptured, !verdict.isComplete, sizeDue == sizeFound {
      guard memory.lost > 0 else {
        return "\(name)captured by coresalvage, but not to its end, \(size)"
      }
      return
        "\(name)captured by coresalvage; \(ByteCount(memory.lost)) of \(ByteCount(memory.size)) of its memory lost"
    }
    guard let sizeDue else {
      return
        "\(name)\(size) of a size that the headers don't tell: no file can be as long as they say"
    }
    if let summary = wayIn.offsets.summary { return "\(name)damaged, \(summary), \(size)" }
    guard sizeDue > sizeFound else { return "\(name)damaged, \(size)" }
    return
      "\(name)cut after \(size) of \(ByteCount(sizeDue)) (\(Self.percent(ByteTotal(sizeDue, survived: sizeFound))))"
  }

  /// Whether its end is missing, as far as the headers tell.
  private var isCut: Bool { sizeDue.map { $0 > sizeFound && !wayIn.offsets.isMoved } ?? true }

  var processWords: String {
    let name =
      program.map { PrintableText($0).description }
      ?? (writer.isMachine ? "a kernel" : "unknown (\(programAbsence))")
    let machine = machineName ?? "machine \(machine.rawValue), which we don't know"
    var words = "\(name), \(machine)"
    if let processID { words += ", pid \(processID)" }
    if let signal, signal.number != 0 { words += ", ended by \(signal)" }
    return words
  }

  /// Why its name is not known.
  var programAbsence: String {
    if let system = writer.foreignSystem, writer.foreignProcess == nil {
      return "\(system)'s notes are not read"
    }
    return noteLoss.mayHold(.processInfo)
      ? "its note is not among those that survived" : "the core has no note that names it"
  }

  /// Where the threads are; nil where there are some that we read.
  var threadAbsence: String? {
    guard threads.isEmpty else { return nil }
    if let system = writer.foreignSystem {
      guard foreignThreads > 0 else {
        return noteLoss.isAny
          ? "none: the notes of \(system) that hold them are lost"
          : "none that is known: they would be in notes of \(system), which are carried through unread"
      }
      let more = noteLoss.isAny ? "; more may be lost" : ""
      return "\(foreignThreads) in notes of \(system), carried through unread\(more)"
    }
    return noteLoss.mayHold(.threadStatus)
      ? "none: the notes that hold their registers are lost" : "none: the core has no note of one"
  }

  var threadWords: String {
    if let threadAbsence {
      return threadAbsence + (!memory.isGone ? "; memory can still be read" : "")
    }
    if notesAreFound {
      return "\(threads.count), found in notes that no program header names any more"
    }
    let count = counted(threads.count, writer.isMachine ? "processor" : "thread")
    guard notesLost >= ThreadStatus.leastNoteSize, noteLoss.mayHold(.threadStatus) else {
      return "\(count), registers saved"
    }
    return "\(count), registers saved; more may be lost with \(ByteCount(notesLost)) of the notes"
  }

  private var memoryWords: String {
    let all = segmentsWhole + segmentsPartial + segmentsLost
    guard !isWhole else {
      let lost =
        isRepaired && !isCompleted && wayIn.kind == .file
        ? "; what was lost: coresalvage note \(PrintableText(input))" : ""
      return "\(ByteCount(memory.size)) in \(counted(all, "segment"))\(lost)"
    }
    guard memory.size > 0 else {
      return tableLost > 0 ? "not known: the program headers that tell of it are lost" : "none"
    }
    if lacksRecord {
      return "\(ByteCount(memory.survived)) survived, with what the repair before had made;"
        + " of how much is not known"
    }
    return "\(ByteCount(memory.survived)) of \(ByteCount(memory.size)) survived"
      + " (\(Self.percent(memory))): \(segmentsWhole) of \(counted(all, "segment")) whole,"
      + " \(segmentsPartial) in part, \(segmentsLost) lost"
      + (tableLost > 0 && unnamedLost == 0 ? "; \(Self.uncountedWords)" : "")
  }

  /// What is to be said of sums where a program header is lost for good, and with it what it named.
  static let uncountedWords = "not counting memory whose headers are lost"

  /// The losses by what they were: stacks first, then the largest first.
  private var lossGroups: [String] {
    let most = 8
    var bytes = [UInt64](repeating: 0, count: kinds.count)
    for (range, kind) in zip(lostRanges, lostKinds) { bytes[Int(kind)] +|= range.length }
    // By their words: a library's data and the program's may have the same.
    var sizes: [String: (isStack: Bool, bytes: UInt64)] = [:]
    for (kind, bytes) in zip(kinds, bytes) {
      sizes[kind.what, default: (kind.isStack, 0)].bytes +|= bytes
    }
    // No range of addresses can be told of it.
    if unnamedLost > 0 { sizes["memory whose program headers are lost"] = (false, unnamedLost) }
    let groups = sizes.sorted {
      let left = ($0.value.isStack ? 0 : 1, UInt64.max - $0.value.bytes, $0.key)
      return left < ($1.value.isStack ? 0 : 1, UInt64.max - $1.value.bytes, $1.key)
    }
    var lines = groups.prefix(most).map { "\($0.key), \(ByteCount($0.value.bytes))" }
    if groups.count > most {
      let rest = groups[most...].total(\.value.bytes)
      lines.append("and \(groups.count - most) more, \(ByteCount(rest)); --json lists every range")
    }
    return lines
  }

  /// Rounded down, so that 100 % means all.
  private static func percent(_ total: ByteTotal) -> String {
    let tenths = total.share(of: 1000)
    if tenths == 0, !total.isGone { return "under 0.1 %" }
    return tenths >= 100 || tenths == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}
