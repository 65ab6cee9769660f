internal import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage

extension ModuleNeed {
  /// The build-id as tools print it; nil where it is lost, or there is none.
  var buildIDText: String? { buildID.map(Self.digits) }

  /// The build-id of the file here.
  private var fileBuildIDText: String? { fileBuildID.map(Self.digits) }

  private static func digits(_ buildID: [UInt8]) -> String {
    buildID.map { hexadecimal(UInt64($0), digits: 2) }.joined()
  }

  /// What is missing, and the command that gets it from a server of debuginfod, where a build-id tells what to ask for. Safe
  /// to print.
  public var missing: [(what: String, command: String?)] {
    var result: [(String, String?)] = []
    let name = PrintableText(path).description
    func ask(_ kind: String, _ id: String?) -> String? {
      id.map { "debuginfod-find \(kind) \($0)" }
    }
    if !isHere {
      let reason = verdict.remark.isEmpty ? "" : " (\(PrintableText(verdict.remark)))"
      result.append((name + reason, ask("executable", buildIDText)))
    }
    // Of a file of which nothing is known, nothing belongs to it either.
    if debugInformation == .none, isHere || buildID != nil {
      let id = buildIDText ?? fileBuildIDText
      let whose = buildID == nil && id != nil ? ", by the build-id of the file here" : ""
      result.append(("debug information of \(name)\(whose)", ask("debuginfo", id)))
    }
    if let missingShared {
      result.append(
        (
          "debug information that \(name) shares with others",
          ask("debuginfo", Self.digits(missingShared))
        ))
    }
    return result
  }

  /// How sure it is that the file here is the one, and by what; or that there is none.
  fileprivate var stateText: String {
    guard isHere, let certainty = verdict.verification.certainty else { return "missing" }
    return "\(certainty.rawValue): \(verdict.verification.rawValue)"
  }

  fileprivate var debugText: String {
    switch debugInformation {
    case .inModule: missingShared == nil ? "in the file" : "a part missing"
    case .separate: missingShared == nil ? "its own file" : "a part missing"
    case .none: "missing"
    }
  }

  /// All of it, as one object.
  var json: JSONValue {
    var debugFile: JSONValue = .null
    if case .separate(let path) = debugInformation { debugFile = .text(path.bytes) }
    return .members([
      "path": .text(path),
      "buildID": buildIDText.map(JSONValue.string) ?? .null,
      "fileBuildID": fileBuildIDText.map(JSONValue.string) ?? .null,
      "file": file.map { .text($0.bytes) } ?? .null,
      "verified": .string(verdict.verification.rawValue),
      "certainty": verdict.verification.certainty.map { .string($0.rawValue) } ?? .null,
      "remark": verdict.remark.isEmpty ? .null : .string(verdict.remark),
      "doubt": verdict.doubt(of: 1).map(JSONValue.string) ?? .null,
      "debugInformation": .string(
        debugInformation == .inModule ? "in module" : debugFile == .null ? "none" : "separate"),
      "debugFile": debugFile,
      "fetch": .array(missing.compactMap(\.command).map(JSONValue.string)),
    ])
  }
}

extension [ModuleNeed] {
  /// What a process had mapped and what of it is here, then what has to be fetched and how. Safe to print.
  public var lines: [String] {
    guard !isEmpty else { return ["Files: nothing tells which ones the process had mapped"] }
    let rows = map { need in
      [
        need.buildIDText ?? "not known", need.stateText, need.debugText,
        PrintableText(need.path).description,
      ]
    }
    return ["Files"]
      + Table(["build-id in the core", "file here", "debug information", "path"], rows).lines
      + filter(\.isHere).map { ($0.path, $0.verdict) }.weakLines.map { "  \($0)" }
      + missingLines(title: "To fetch")
  }

  /// Whether one of the files here may be another than the process had mapped.
  var isAnyInDoubt: Bool {
    contains { $0.isHere && $0.verdict.verification.certainty != .certain }
  }

  /// What is missing, each with the command that gets it.
  func missingLines(title: String) -> [String] {
    let missing = flatMap(\.missing)
    guard !missing.isEmpty else { return [] }
    return [title]
      + missing.flatMap { what, command in
        ["  " + what] + [command.map { "    " + $0 } ?? "    no build-id tells which file it is"]
      }
  }
}
