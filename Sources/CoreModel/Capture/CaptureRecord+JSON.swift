package import CoreIO

extension CaptureRecord {
  /// The version of the note's object. Further members don't change it.
  static let format: UInt64 = 1

  /// The note's object: see coresalvage-format(5). Bytes that are no UTF-8 are escaped as on a terminal, and stay so when it
  /// is read again.
  package var json: JSONValue {
    .members([
      "format": .number(Self.format),
      "tool": .string(tool),
      "way": .string(way.rawValue),
      "time": .number(time),
      "bootID": .string(bootID),
      "host": .text(host),
      "pid": .number(UInt64(processID)),
      "containedPID": Self.json(containedProcessID),
      "tid": Self.json(threadID),
      "signal": Self.json(signal),
      "uid": Self.json(userID),
      "gid": Self.json(groupID),
      "changedCredentials": .bool(hasChangedCredentials),
      "name": .text(name),
      "program": .text(program),
      "commandLine": Self.words(commandLine),
      "cgroup": .text(cgroup),
      "container": containerID.map(JSONValue.string) ?? .null,
      "unit": unit.map(JSONValue.text) ?? .null,
      "limits": .array(limits.map(\.json)),
      "coredumpFilter": coredumpFilter.map(JSONValue.number) ?? .null,
      "steps": .array(steps.map(\.json)),
      "interrupted": .bool(wasInterrupted),
      "partialThreads": Self.json(partialThreads),
      "remark": remark.map(JSONValue.string) ?? .null,
      "kill": kill?.json ?? .null,
      "modules": .array(modules.map(\.json)),
      "modulesLeftOut": .number(modulesLeftOut),
    ])
  }

  fileprivate static func json(_ number: UInt32?) -> JSONValue {
    number.map { .number(UInt64($0)) } ?? .null
  }

  /// A command line as an array of its words.
  fileprivate static func words(_ commandLine: [UInt8]) -> JSONValue {
    var words = commandLine.split(separator: 0, omittingEmptySubsequences: false)
    if words.last?.isEmpty == true { words.removeLast() }
    return .array(words.map { .text(Array($0)) })
  }
}

extension CaptureRecord.Step {
  fileprivate var json: JSONValue {
    .members(["state": .string(state.rawValue), "at": .number(microseconds)])
  }
}

extension CaptureRecord.Limit {
  fileprivate var json: JSONValue {
    .members([
      "name": .string(name),
      "soft": soft.map(JSONValue.number) ?? .null,
      "hard": hard.map(JSONValue.number) ?? .null,
    ])
  }
}

extension CaptureRecord.Kill {
  fileprivate var json: JSONValue {
    .members([
      "kind": .string(kind.rawValue),
      "at": .number(microseconds),
      "senders": .array(senders.map(\.json)),
    ])
  }
}

extension CaptureRecord.Sender {
  fileprivate var json: JSONValue {
    .members([
      "pid": .number(UInt64(processID)),
      "name": .text(name),
      "commandLine": CaptureRecord.words(commandLine),
      "cgroup": .text(cgroup),
      "uid": CaptureRecord.json(userID),
      "before": microsecondsBefore.map(JSONValue.number) ?? .null,
    ])
  }
}

extension CaptureRecord.Module {
  fileprivate var json: JSONValue {
    .members([
      "path": .text(path),
      "base": .address(base),
      "buildID": buildIDText.map(JSONValue.string) ?? .null,
      "deleted": .bool(isDeleted),
    ])
  }

  /// The build-id as tools print it; nil where there is none.
  package var buildIDText: String? {
    buildID.map { $0.map { hexadecimal(UInt64($0), digits: 2) }.joined() }
  }
}
