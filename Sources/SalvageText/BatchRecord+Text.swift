internal import CoreIO
internal import CoreModel
internal import Salvage
public import SalvageBatch
internal import SystemPackage

extension BatchRecord.Outcome {
  /// The word that lines and tables show.
  public var name: String {
    switch self {
    case .repaired: "repaired"
    case .archived: "archived"
    case .completed: "completed"
    case .slimmed: "slimmed"
    case .whole: "whole"
    case .copied: "copied"
    case .linked: "linked"
    case .present: "there already"
    case .beyondRepair: "beyond repair"
    case .failed: "failed"
    case .unfinished: "no space"
    case .unread: "not looked into"
    case .empty: "empty"
    case .other: "no cores"
    case .special: "links and special files"
    case .unmatched: "not matched"
    case .elsewhere: "of other shards"
    case .vanished: "vanished"
    }
  }
}

extension BatchRecord.Outcome {
  /// The same of what is not done yet.
  var futureName: String {
    switch self {
    case .repaired: "to repair"
    case .archived: "to archive"
    case .completed: "to complete"
    case .copied: "to copy"
    case .linked: "to link"
    default: name
    }
  }
}

extension BatchRecord {
  /// One line for people, safe to print, of a file that was passed over.
  public var passedLine: String? {
    guard outcome.isPassedOver, !input.isEmpty else { return nil }
    return "\("passed over".padded(to: 13))  \(PrintableText(input)): \(outcome.name)"
  }

  /// One line for people, safe to print; nil for a file that was passed over.
  public var line: String? {
    guard outcome.isCore else { return nil }
    if let error { return error.advised }
    let name = isRehearsed ? outcome.futureName : outcome.name
    var words = "\(name.padded(to: 13))  \(PrintableText(input))"
    if let report { words += ": \(report.summary)" }
    for damage in (report?.verdict.doubts ?? doubts).filter(\.isDamage) {
      words += "; damaged: \(damage.words)"
    }
    if let cause = inspection?.causes.summary { words += "; \(cause)" }
    if isRehearsed, report == nil, outcome != .present { words += ": to be unpacked first" }
    if isRehearsed || isNamedApart, outcome != .whole, let output, output != input {
      words += "; \(isRehearsed && outcome != .present ? "to" : "in") \(PrintableText(output))"
    }
    if isNamedApart { words += ": its usual name is another output's, which stays" }
    if isInputDeleted { words += "; input removed" }
    if isInputToDelete { words += "; input to be removed" }
    if let inputKeptIf { words += ", unless \(inputKeptIf)" }
    if let inputKept { words += "; input kept: \(inputKept)" }
    return words
  }
}

extension RepairReport {
  /// How much there is of how much, in some words.
  fileprivate var summary: String {
    guard !isWhole else {
      let before =
        if isCompleted { "completed before, " } else if isRepaired { "repaired before, " } else {
          isCaptured ? "captured, " : ""
        }
      let added = completion.flatMap { _ in completionWords }.map { "; added \($0)" } ?? ""
      return before + ByteCount(sizeFound).description + added
    }
    let due = sizeDue.map { " of \(ByteCount($0))" } ?? ""
    return
      "\(ByteCount(sizeFound))\(due), \(threads.count == 1 ? "1 thread" : "\(threads.count) threads"),"
      + " lost \(ByteCount(memory.lost)) of memory"
  }
}
