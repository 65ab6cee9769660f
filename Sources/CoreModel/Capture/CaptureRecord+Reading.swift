package import CoreIO

extension CaptureRecord {
  /// The record that an object is. nil where it is none, is of another format, or doesn't tell how and when which process
  /// was captured. All else that is missing or of a wrong type is as if nobody had known it.
  package init?(json: JSONValue) {
    guard json["format"]?.number == Self.format, let way = json["way"]?.string.flatMap(Way.init),
      let time = json["time"]?.number, let processID = json["pid"]?.word
    else { return nil }
    self.init(way: way, time: time, processID: processID)
    tool = json["tool"]?.string ?? ""
    bootID = json["bootID"]?.string ?? ""
    host = json["host"]?.bytes ?? []
    containedProcessID = json["containedPID"]?.word
    threadID = json["tid"]?.word
    signal = json["signal"]?.word
    userID = json["uid"]?.word
    groupID = json["gid"]?.word
    hasChangedCredentials = json["changedCredentials"]?.bool ?? false
    name = json["name"]?.bytes ?? []
    program = json["program"]?.bytes ?? []
    commandLine = Self.commandLine(json["commandLine"])
    cgroup = json["cgroup"]?.bytes ?? []
    containerID = json["container"]?.string
    unit = json["unit"]?.bytes
    limits = json["limits"]?.array?.compactMap(Limit.init) ?? []
    coredumpFilter = json["coredumpFilter"]?.number
    steps = json["steps"]?.array?.compactMap(Step.init) ?? []
    wasInterrupted = json["interrupted"]?.bool ?? false
    partialThreads = json["partialThreads"]?.word
    remark = json["remark"]?.string
    kill = json["kill"].flatMap(Kill.init)
    modules = json["modules"]?.array?.compactMap(Module.init) ?? []
    modulesLeftOut = json["modulesLeftOut"]?.number ?? 0
  }

  fileprivate static func commandLine(_ json: JSONValue?) -> [UInt8] {
    json?.array?.flatMap { $0.bytes.map { $0 + [0] } ?? [] } ?? []
  }
}

extension CaptureRecord.Step {
  fileprivate init?(_ json: JSONValue) {
    guard let state = json["state"]?.string.flatMap(CaptureRecord.State.init),
      let microseconds = json["at"]?.number
    else { return nil }
    self.init(state, microseconds)
  }
}

extension CaptureRecord.Limit {
  fileprivate init?(_ json: JSONValue) {
    func limit(_ name: String) -> UInt64?? {
      switch json[name] {
      case .null: .some(nil)
      case .number(let number): .some(number)
      default: nil
      }
    }
    guard let name = json["name"]?.string, let soft = limit("soft"), let hard = limit("hard")
    else { return nil }
    self.init(name: name, soft: soft, hard: hard)
  }
}

extension CaptureRecord.Kill {
  fileprivate init?(_ json: JSONValue) {
    guard let kind = json["kind"]?.string, let microseconds = json["at"]?.number else { return nil }
    self.init(
      kind: Kind(rawValue: kind) ?? .unknown, microseconds: microseconds,
      senders: json["senders"]?.array?.compactMap(CaptureRecord.Sender.init) ?? [])
  }
}

extension CaptureRecord.Sender {
  fileprivate init?(_ json: JSONValue) {
    guard let processID = json["pid"]?.word else { return nil }
    self.init(processID: processID, name: json["name"]?.bytes ?? [])
    commandLine = CaptureRecord.commandLine(json["commandLine"])
    cgroup = json["cgroup"]?.bytes ?? []
    userID = json["uid"]?.word
    microsecondsBefore = json["before"]?.number
  }
}

extension CaptureRecord.Module {
  /// Longer ones are no build-ids.
  private static let longestBuildID = 64

  fileprivate init?(_ json: JSONValue) {
    guard let path = json["path"]?.bytes, let base = json["base"]?.address else { return nil }
    self.init(
      path: path, base: base, buildID: json["buildID"]?.string.flatMap(Self.buildID),
      isDeleted: json["deleted"]?.bool ?? false)
  }

  private static func buildID(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard !digits.isEmpty, digits.count % 2 == 0, digits.count <= 2 * longestBuildID else {
      return nil
    }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard digits[index..<index + 2].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
        let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
