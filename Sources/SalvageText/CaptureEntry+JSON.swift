public import CoreIO
internal import CoreModel
public import SalvageCapture

extension CaptureEntry {
  /// What a list tells of one file as an object: see coresalvage-format(5).
  public var json: JSONValue {
    .members([
      "file": .text(path.bytes),
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
