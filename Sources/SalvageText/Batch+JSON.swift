public import CoreIO
internal import CoreModel
internal import Salvage
internal import SystemPackage
public import SalvageBatch

extension BatchEvent {
  /// The event as an object; nil for those that only a terminal shows, and for files that were passed over.
  public var json: JSONValue? {
    switch self {
    case .surveyed(let survey): survey.json(event: "survey")
    case .finished(let record): record.outcome.isCore ? record.json : nil
    case .ended(let tally): tally.json
    case .surveying, .began, .advanced, .written, .ticked: nil
    }
  }
}

extension BatchRecord {
  /// All of it, as one object.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "event", value: .string("file")),
      .init(name: "tool", value: .string(SalvageVersion.tool)),
      .init(name: "outcome", value: .string(outcome.rawValue)),
      .init(name: "dryRun", value: .bool(isRehearsed)),
      .init(name: "input", value: .string(PrintableText(input).description)),
      .init(
        name: "output", value: output.map { .string(PrintableText($0).description) } ?? .null),
      .init(name: "outputSize", value: outputSize > 0 ? .number(outputSize) : .null),
      .init(name: "next", value: next.map(JSONValue.string) ?? .null),
      .init(name: "inputDeleted", value: .bool(isInputDeleted)),
      .init(name: "inputToDelete", value: .bool(isInputToDelete)),
      .init(name: "inputKept", value: inputKept.map(JSONValue.string) ?? .null),
      .init(name: "inputKeptIf", value: inputKeptIf.map(JSONValue.string) ?? .null),
      .init(name: "error", value: error.map { .string($0.advised) } ?? .null),
      .init(
        name: "reasons", value: .array((report?.verdict.reasons ?? doubts).map(\.json))),
    ]
    if let inspection {
      members.append(.init(name: "causes", value: .array(inspection.causes.map(\.shortJSON))))
    }
    if let report {
      members += [
        .init(name: "sizeFound", value: .number(report.sizeFound)),
        .init(name: "sizeDue", value: report.sizeDue.map(JSONValue.number) ?? .null),
        .init(name: "whole", value: .bool(report.isWhole)),
        .init(name: "program", value: report.program.map(JSONValue.text) ?? .null),
        .init(name: "pid", value: report.processID.map { .number(UInt64($0)) } ?? .null),
        .init(name: "died", value: report.died?.json ?? .null),
        .init(name: "signal", value: report.signal.map { .number(UInt64($0.number)) } ?? .null),
        .init(name: "threads", value: .number(UInt64(report.threads.count))),
        .init(name: "memoryDumped", value: .number(report.memory.size)),
        .init(name: "memorySurvived", value: .number(report.memory.survived)),
      ]
    }
    return .object(members)
  }

  /// What to type next for an output that is there.
  private var next: String? {
    guard !isRehearsed, error == nil, let output else { return nil }
    switch outcome {
    case .archived: return "coresalvage restore \(ShellWord(output)) restored.core"
    case .repaired, .completed: return report.map { DebuggerCommand($0, output).line }
    default: return nil
    }
  }
}

extension CutCause {
  fileprivate var shortJSON: JSONValue {
    .members(["id": .string(id.rawValue), "confidence": .string(confidence.rawValue)])
  }
}

extension BatchSurvey {
  package func json(event: String?) -> JSONValue {
    let named: [JSONValue.Member] =
      event.map {
        [
          .init(name: "event", value: .string($0)),
          .init(name: "tool", value: .string(SalvageVersion.tool)),
        ]
      } ?? []
    return .object(
      named + [
        .init(name: "files", value: .number(files)),
        .init(name: "cores", value: .number(cores)),
        .init(name: "bytes", value: .number(bytes)),
        .init(name: "packed", value: .number(packed)),
        .init(name: "present", value: .number(present)),
        .init(name: "toWrite", value: .number(toWrite)),
        .init(name: "free", value: free.map(JSONValue.number) ?? .null),
      ])
  }
}

extension BatchTally {
  /// All of it, as one object.
  public var json: JSONValue {
    .members([
      "event": .string("summary"),
      "tool": .string(SalvageVersion.tool),
      "dryRun": .bool(isRehearsal),
      "seen": .number(seen),
      "counts": .object(
        BatchRecord.Outcome.allCases.map {
          .init(name: $0.rawValue, value: .number(self[$0]))
        }),
      "inputsDeleted": .number(inputsDeleted),
      "inputsToDelete": .number(inputsToDelete),
      "inputsNotDeleted": .number(inputsNotDeleted),
      "bytesIn": .number(bytesIn),
      "bytesOut": .number(bytesOut),
      "memoryDumped": .number(memoryDumped),
      "memoryLost": .number(memoryLost),
      "notesLost": .number(notesLost),
      "tableLost": .number(tableLost),
      "stacksLost": .number(stacksLost),
      "left": left?.json(event: nil) ?? .null,
    ])
  }
}
