public import CoreIO
internal import CoreModel
public import Salvage

extension Inspection {
  /// All of it, as one object: see coresalvage-format(5). Addresses are hexadecimal strings; sizes are numbers of bytes.
  public var json: JSONValue {
    guard case .object(let known) = report.json else { return report.json }
    // An inspection tells more of these.
    let told: Set = [
      "threads", "whole", "repaired", "lost", "rebuilt", "modules", "completion", "withoutEffect",
    ]
    var members = known.filter { !told.contains($0.name) }
    func add(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
    add("whole", .bool(isWhole))
    add("repaired", .bool(isRepaired))
    add("repairedBy", repairedBy.map(JSONValue.string) ?? .null)
    add("pageSize", .number(pageSize))
    add("uid", userID.map { .number(UInt64($0)) } ?? .null)
    add("signalMeaning", signalMeaning.map(JSONValue.string) ?? .null)
    add(
      "threads",
      .array(threads.enumerated().map { json($1, isCrashed: $0 == 0 && hasCrashed) }))
    add("memory", .array(memory.map(\.json)))
    if let lost = known.first(where: { $0.name == "lost" }) { members.append(lost) }
    add("rebuilt", .array(of: rebuilt) { $0.placedJSON })
    add("modules", .array(modules.map(\.json)))
    add("causes", .array(causes.map(\.json)))
    add("undecided", doubt.map(JSONValue.string) ?? .null)
    add("findings", .array(findings.map(\.json)))
    if let needs { add("needs", .array(needs.map(\.json))) }
    add("next", next.map(JSONValue.string) ?? .null)
    return .object(members)
  }

  /// Whether it is whole, as one object.
  public var verdictJSON: JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .string(PrintableText(report.input).description),
      "error": report.readFailure.map { .string($0.advised) } ?? .null,
      "whole": .bool(isSound),
      "repaired": .bool(isRepaired),
      "state": .string(stateText),
      "moved": report.wayIn.offsets.json,
      "wrapping": .array(wrappingDamage.map(JSONValue.string)),
      "unreadable": unreadableText.map(JSONValue.string) ?? .null,
      "sizeFound": .number(report.sizeFound),
      "sizeDue": report.sizeDue.map(JSONValue.number) ?? .null,
      "died": report.died?.json ?? .null,
      "next": next.map(JSONValue.string) ?? .null,
    ])
  }

  private func json(_ thread: Thread, isCrashed: Bool) -> JSONValue {
    let module = module(of: thread.location)
    let symbol = thread.location.symbol
    return .members([
      "tid": .number(UInt64(thread.id)),
      "name": thread.name.map(JSONValue.text) ?? .null,
      "signal": .number(UInt64(thread.signal.number)),
      "crashed": .bool(isCrashed),
      "pc": thread.programCounter.map(JSONValue.address) ?? .null,
      "sp": thread.stackPointer.map(JSONValue.address) ?? .null,
      "module": module.map { .text($0.path) } ?? .null,
      "moduleOffset": module == nil ? .null : .address(thread.location.offset),
      "symbol": symbol.map(JSONValue.text) ?? .null,
      "symbolOffset": symbol == nil ? .null : .number(thread.location.symbolOffset),
      "stack": thread.stack.map { .string($0.verdict.rawValue) } ?? .null,
      "stackSize": thread.stack.map { .number($0.size) } ?? .null,
      "stackSurvived": thread.stack.map { .number($0.survived) } ?? .null,
      "stackSurvivesTo": thread.stack.map { .address($0.survivesTo) } ?? .null,
    ])
  }
}

extension Inspection.Tally {
  fileprivate var json: JSONValue {
    .members([
      "kind": .string(kind.rawValue), "mapped": .number(mapped),
      "dumped": .number(dumped.size), "survived": .number(dumped.survived),
      "lost": .number(dumped.lost),
    ])
  }
}

extension Inspection.Finding {
  fileprivate var json: JSONValue { .members(["text": .string(text), "damage": .bool(isDamage)]) }
}

extension Inspection.Module {
  /// The build-id as tools print it; nil where it is lost.
  package var buildIDText: String? {
    buildID.map { $0.map { hexadecimal(UInt64($0), digits: 2) }.joined() }
  }

  fileprivate var json: JSONValue {
    .members([
      "path": .text(path),
      "base": .address(base),
      "end": .address(end),
      "buildID": buildIDText.map(JSONValue.string) ?? .null,
      "buildIDAbsence": buildID == nil ? .string(buildIDAbsence.rawValue) : .null,
      "file": .string(localFile.rawValue),
    ])
  }
}

extension CutCause {
  fileprivate var json: JSONValue {
    .members([
      "id": .string(id.rawValue),
      "confidence": .string(confidence.rawValue),
      "evidence": .array(evidence.map(JSONValue.string)),
      "prevention": .string(prevention),
    ])
  }
}
