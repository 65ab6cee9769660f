package import CoreIO
internal import CoreModel
internal import Salvage
internal import SalvageArchive

extension RepairReport {
  /// What was made anew, in lines for people.
  var rebuiltLines: [String] {
    var lines: [String] = []
    if let words = linkMapWords { lines.append(words) }
    let filled = rebuilt.filter { $0.source == .mappedFile }
    if !filled.isEmpty {
      let size = filled.total(\.length)
      lines.append("\(ByteCount(size)) of \(rebuiltFiles), read-only")
    }
    let frames = rebuilt.count { $0.source == .pythonFrame }
    if frames > 0 {
      lines.append(
        "an end for \(counted(frames, "chain")) of Python's frames that went on over a lost stack:"
          + " what lies beyond it is not shown")
    }
    if mappingsReduced {
      lines.append(
        "NT_FILE without the data that is lost, so that no debugger shows a file's bytes for it")
    }
    return lines
  }

  /// Whether it was repaired before, and what that had lost and made anew is not known any more.
  var lacksRecord: Bool { verdict.reasons.contains { $0.kind == .record } }

  private var linkMapWords: String? {
    switch linkMap {
    case .notTried: nil
    case .survived:
      isWhole
        ? nil
        : lacksRecord
          ? "nothing of the link map, which is there: the process's, or made by the repair before"
          : "nothing of the link map: it survived"
    case .rebuilt(let count): "the link map, \(counted(count, "module"))"
    case .completed(0): "the rest of the link map, without further modules"
    case .completed(let count): "the rest of the link map, \(counted(count, "module"))"
    case .notNeeded: "no link map: a static program has none"
    case .impossible(let reason): "no link map: \(PrintableText(reason))"
    }
  }

  /// The modules whose files are not known to be those that the process had mapped.
  var doubtLines: [String] {
    let most = 32
    let doubtful = modules.filter { [.leftOut, .core].contains($0.verdict.verification) }
    var lines = doubtful.prefix(most).map { module in
      "\(PrintableText(module.path)): \(PrintableText(module.verdict.doubt(of: 1) ?? ""))"
    }
    if doubtful.count > most {
      lines.append("and \(doubtful.count - most) more; --json lists every one")
    }
    lines += modules.map { ($0.path, $0.verdict) }.weakLines
    return lines
  }

  var linkMapJSON: JSONValue {
    switch linkMap {
    case .notTried: .null
    case .survived: .members(["state": .string("survived")])
    case .rebuilt(let count):
      .members(["state": .string("rebuilt"), "modules": .number(UInt64(count))])
    case .completed(let count):
      .members(["state": .string("completed"), "modules": .number(UInt64(count))])
    case .notNeeded: .members(["state": .string("not needed")])
    case .impossible(let reason):
      .members(["state": .string("impossible"), "reason": .string(reason)])
    }
  }
}

extension [(path: [UInt8], verdict: ModuleVerdict)] {
  /// Those that may be other files than the process had mapped, a line for each reason of doubt.
  var weakLines: [String] {
    let most = 32
    return ModuleVerdict.Verification.weak.compactMap { weak in
      let names = filter { $0.verdict.verification == weak }.map(\.path)
      guard let words = ModuleVerdict(weak).doubt(of: names.count) else { return nil }
      let listed = names.prefix(most).map { PrintableText($0).description }
      return "\(words): " + listed.joined(separator: ", ")
        + (names.count > most ? " and \(names.count - most) more; --json lists every one" : "")
    }
  }
}

extension RepairReport.Module {
  package var json: JSONValue {
    .members([
      "path": .text(path),
      "base": .address(base),
      "bias": bias.map(JSONValue.address) ?? .null,
      "verified": .string(verdict.verification.rawValue),
      "certainty": verdict.verification.certainty.map { .string($0.rawValue) } ?? .null,
      "remark": verdict.remark.isEmpty ? .null : .string(verdict.remark),
      "doubt": verdict.doubt(of: 1).map(JSONValue.string) ?? .null,
    ])
  }
}
