public import CoreIO
internal import CoreModel
public import SalvageCapture

extension CaptureEntry {
  /// What a list tells of one file as an object: see coresalvage-format(5).
  public var json: JSONValue { json(next: "coresalvage inspect \(ShellWord(path))", needs: nil) }

  /// That, and all that `record` tells.
  ///
  /// - Parameters:
  ///   - record: see `fullRecord()`.
  ///   - report: what a repair tells of it; nil where it can't be opened yet.
  public func json(_ record: CaptureRecord?, _ report: RepairReport?) -> JSONValue {
    let next = next(report)
    guard case .object(var members) = json(next: next.line, needs: next.needs) else { return .null }
    members.append(.init(name: "capture", value: record?.json ?? .null))
    return .object(members)
  }

  /// That it was copied, with what a list tells of it.
  public func json(copiedTo place: OutputPlace, size: UInt64) -> JSONValue {
    guard case .object(var members) = json(next: "", needs: nil) else { return .null }
    members.removeAll { ["next", "nextNeeds"].contains($0.name) }
    let next = place.isStream ? nil : "coresalvage inspect \(ShellWord(place.path))"
    members += JSONValue.output(place.path, size: size, next: next)
    return .object(members)
  }

  private func json(next: String, needs: String?) -> JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .text(path.bytes),
      "next": .string(next),
      "nextNeeds": needs.map(JSONValue.string) ?? .null,
      "state": .string(stateName),
      "lost": lost.map(JSONValue.number) ?? .null,
      "error": failure.map { .string($0.words) } ?? .null,
      "archive": .bool(isArchive),
      "size": .number(size),
      "allocated": .number(allocated),
      "time": .number(time),
      "pid": processID.map { .number(UInt64($0)) } ?? .null,
      "uid": userID.map { .number(UInt64($0)) } ?? .null,
      "signal": record?.signal.map { .number(UInt64($0)) } ?? .null,
      "name": .text(name),
      "program": record.map { .text($0.program) } ?? .null,
      "container": record?.containerID.map(JSONValue.string) ?? .null,
      "unit": record?.unit.map(JSONValue.text) ?? .null,
      "killed": record.map { .bool($0.kill != nil) } ?? .null,
    ])
  }

  private var stateName: String {
    switch state {
    case .whole: "whole"
    case .lost: "lost"
    case .unfinished: "unfinished"
    case .unreadable: "unreadable"
    }
  }

  private var lost: UInt64? {
    switch state {
    case .whole: 0
    case .lost(let bytes): bytes
    case .unfinished, .unreadable: nil
    }
  }

  private var failure: SalvageError? {
    if case .unreadable(let error) = state { error } else { nil }
  }
}
