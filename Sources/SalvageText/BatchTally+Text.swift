internal import CoreIO
public import SalvageBatch

extension BatchTally: CustomStringConvertible {
  private static let order: [BatchRecord.Outcome] = [
    .repaired, .archived, .completed, .slimmed, .copied, .linked, .whole, .present, .beyondRepair,
    .failed, .unfinished, .unread, .empty,
  ]

  /// A table for people. Ends without a newline.
  public var description: String {
    var rows: [(String, String)] = Self.order.compactMap { outcome in
      let isAlwaysTold = [.repaired, .whole, .failed, .beyondRepair].contains(outcome)
      guard isAlwaysTold || self[outcome] > 0 else { return nil }
      return (isRehearsal ? outcome.futureName : outcome.name, "\(self[outcome])")
    }
    if passedOver > 0 { rows.append(("passed over", "\(passedOver) (\(passedOverWords))")) }
    if inputsDeleted > 0 { rows.append(("inputs removed", "\(inputsDeleted)")) }
    if inputsNotDeleted > 0 { rows.append(("inputs not removed", "\(inputsNotDeleted)")) }
    if inputsToDelete > 0 {
      let most = inputsUncertain > 0 ? "at most " : ""
      rows.append(("inputs to remove", "\(most)\(inputsToDelete)"))
    }
    if bytesIn > 0 {
      rows.append(("bytes", "\(ByteCount(bytesIn)) in, \(ByteCount(bytesOut)) out, holes included"))
    }
    if memoryDumped > 0 { rows.append(("lost in all", lossWords)) }
    if let left { rows.append(("left to do", left.leftWords)) }
    let width = rows.map(\.0.utf8.count).max() ?? 0
    return rows.map { label, text in
      label + String(repeating: " ", count: width + 2 - label.utf8.count) + text
    }.joined(separator: "\n")
  }

  private var passedOverWords: String {
    BatchRecord.Outcome.allCases.filter { $0.isPassedOver && self[$0] > 0 }
      .map { "\(self[$0]) \($0.name)" }.joined(separator: ", ")
  }

  private var lossWords: String {
    var words = "\(ByteCount(memoryLost)) of \(ByteCount(memoryDumped)) of memory"
    if notesLost > 0 { words += ", \(ByteCount(notesLost)) of notes" }
    if tableLost > 0 { words += ", \(ByteCount(tableLost)) of header tables" }
    if stacksLost > 0 {
      words += "; of a thread's stack in \(stacksLost) \(stacksLost == 1 ? "core" : "cores")"
    }
    return words
  }
}

extension BatchSurvey: CustomStringConvertible {
  /// What is going to be written, and whether there is room.
  public var description: String {
    var words = "\(counted(cores, "core")) to write, \(ByteCount(bytes))"
    if present > 0 { words += "; \(present) there already" }
    words +=
      packed > 0
      ? "; \(ByteCount(toWrite)) on the disk and what \(counted(packed, "packed one")) \(packed == 1 ? "has" : "have") in it"
      : "; at most \(ByteCount(toWrite)) on the disk"
    if let free { words += ", where \(ByteCount(free)) \(ByteCount(free).are) free" }
    return hasRoom ? words : words + ": THERE MAY BE NO ROOM for all"
  }

  fileprivate var leftWords: String {
    "no space for \(counted(cores, "core")), \(ByteCount(bytes)), at most \(ByteCount(toWrite)) on the"
      + " disk; run again when there is room"
  }
}
