public import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage

extension RepairReport {
  /// All of it, as one object. Addresses are hexadecimal strings; sizes are numbers of bytes.
  public var json: JSONValue {
    guard case .object(var members) = knownJSON else { return knownJSON }
    if let debuggerFiles {
      let path = debuggerFiles.program.path
      members.append(.init(name: "programFile", value: path.map { .text($0.bytes) } ?? .null))
    }
    if let slim { members.append(.init(name: "slim", value: slim.json)) }
    if let capture { members.append(.init(name: "capture", value: capture.json)) }
    return .object(members)
  }

  private var knownJSON: JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .string(PrintableText(input).description),
      "error": readFailure.map { .string($0.advised) } ?? .null,
      "sizeFound": .number(sizeFound),
      "sizeDue": sizeDue.map(JSONValue.number) ?? .null,
      "whole": .bool(isWhole),
      "reasons": .array(verdict.reasons.map(\.json)),
      "repaired": .bool(isRepaired),
      "machine": machineName.map(JSONValue.string) ?? .null,
      "machineNumber": .number(UInt64(machine.rawValue)),
      "writer": .string(writer.rawValue),
      "program": program.map(JSONValue.text) ?? .null,
      "commandLine": commandLine.map(JSONValue.text) ?? .null,
      "pid": processID.map { .number(UInt64($0)) } ?? .null,
      "died": died?.json ?? .null,
      "signal": signal.map { .number(UInt64($0.number)) } ?? .null,
      "threads": .array(threads.map(\.json)),
      "foreignThreads": .number(UInt64(foreignThreads)),
      "memoryDumped": .number(memory.size),
      "memorySurvived": .number(memory.survived),
      "segmentsWhole": .number(UInt64(segmentsWhole)),
      "segmentsPartial": .number(UInt64(segmentsPartial)),
      "segmentsLost": .number(UInt64(segmentsLost)),
      "wayIn": wayIn.json,
      "lost": .array(of: lostRanges.indices) { loss(at: $0).json },
      "linkMap": linkMapJSON,
      "rebuilt": .array(of: rebuilt) { $0.json },
      "modules": .array(modules.map(\.json)),
      "mappingsReduced": .bool(mappingsReduced),
      "completion": completion.map { .string($0.rawValue) } ?? .null,
      "withoutEffect": .array(withoutEffect.map(JSONValue.string)),
    ])
  }
}

extension RepairReport.Loss {
  package var json: JSONValue {
    .object((range.jsonMembers + [.init(name: "what", value: .string(what))]))
  }
}
