public import CoreIO
internal import CoreModel
public import Salvage

extension RepairRecord {
  /// All of it, as one object.
  public var json: JSONValue {
    guard case .object(var members) = knownJSON else { return knownJSON }
    if isSlim { members.append(.init(name: "slim", value: .bool(true))) }
    if let capture { members.append(.init(name: "capture", value: capture.json)) }
    return .object(members)
  }

  /// What a lost range was, in words.
  private func lostName(_ index: Int) -> String? {
    lostNames.indices.contains(index) ? lostNames[index] : nil
  }

  private var knownJSON: JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .string(PrintableText(file).description),
      "error": readFailure.map { .string($0.advised) } ?? .null,
      "next": .string("coresalvage inspect \(ShellWord(file))"),
      "repaired": .bool(isRepaired),
      "damaged": .bool(isDamaged),
      "doubts": .array(doubts.map(\.json)),
      "sizeFound": sizeFound.map(JSONValue.number) ?? .null,
      "sizeDue": sizeDue.map(JSONValue.number) ?? .null,
      "lost": .array(of: lost.indices) { index in
        .object(
          lost[index].jsonMembers + [
            .init(name: "what", value: lostName(index).map(JSONValue.string) ?? .null)
          ])
      },
      "rebuilt": .array(of: rebuilt) { $0.json },
      "origins": .array(origins.map(JSONValue.string)),
    ])
  }
}

extension RepairRecord: CustomStringConvertible {
  /// Whether memory was added to a whole core, and nothing else was done.
  private var isCompleted: Bool {
    isRepaired && !isDamaged && lost.isEmpty && !rebuilt.isEmpty
      && !doubts.contains(where: \.isDamage)
  }

  private var doubtLines: [String] { doubts.map { "  \($0.label.padded(to: 10))\($0.text)" } }

  /// Lines for people, safe to print: one for each lost range.
  public var description: String {
    let name = PrintableText(file)
    guard isRepaired || isCaptured || isSlim else {
      return (["\(name): no repair: it has none of coresalvage's notes"] + doubtLines)
        .joined(separator: "\n")
    }
    let size = sizeFound.map { "\(ByteCount($0))" } ?? "an unknown size"
    let due = sizeDue.map { " of \(ByteCount($0))" } ?? ""
    var lines = [
      "\(name): "
        + [
          isCaptured ? "captured by coresalvage" : nil,
          isSlim ? "made slim from \(size)" : nil,
          !isRepaired
            ? nil
            : isCompleted
              ? "whole, and completed" : isSlim ? "repaired" : "repaired from \(size)\(due)",
        ].compactMap(\.self).joined(separator: ", and ")
    ]
    lines += capture?.lines ?? []
    if isDamaged {
      lines.append("  damaged   its notes are damaged: more may be lost, or rebuilt, than they say")
    }
    lines += origins.map { "  origin    \(PrintableText($0))" }
    lines += origins.compactMap { OriginNote($0)?.moved }.joined()
      .map { "  damage    \($0.sentence)" }
    lines += doubtLines
    lines.append(
      "  lost      \(lost.count) ranges, \(ByteCount(lost.total(\.length)))")
    lines += lost.enumerated().map { index, range in
      "  \(range.line)" + (lostName(index).map { ", \($0)" } ?? "")
    }
    if !rebuilt.isEmpty {
      let size = rebuilt.total(\.length)
      lines.append(
        "  rebuilt   \(rebuilt.count) ranges, \(ByteCount(size)), none of them of the dump")
      lines += rebuilt.map { "  \($0.line)" }
    }
    return lines.joined(separator: "\n")
  }
}

extension LostRange {
  /// One line: where it was, how long it is, and what became of it.
  fileprivate var line: String { "\(place)  \(ByteCount(length)), \(cause.name), \(state.name)" }
}
