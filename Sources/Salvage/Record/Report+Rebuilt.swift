extension Report {
  /// What was made anew, in lines for people.
  var rebuiltLines: [String] {
    var lines: [String] = []
    if let words = linkMapWords { lines.append(words) }
    let filled = rebuilt.filter { $0.source == RebuiltSegment.Source.mappedFile.rawValue }
    if !filled.isEmpty {
      let size = filled.total(\.length)
      let files = Set(filled.map(\.path)).count
      lines.append("\(ByteCount(size)) of \(Self.count(files, "verified file")), read-only")
    }
    if mappingsReduced {
      lines.append(
        "NT_FILE without the data that is lost, so that no debugger shows a file's bytes for it")
    }
    return lines
  }

  private var linkMapWords: String? {
    switch linkMap {
    case .notTried: nil
    case .survived: isWhole ? nil : "nothing of the link map: it survived"
    case .rebuilt(let count): "the link map, \(Self.count(count, "module"))"
    case .completed(let count): "the rest of the link map, \(Self.count(count, "module"))"
    case .notNeeded: "no link map: a static program has none"
    case .impossible(let reason): "no link map: \(PrintableText(reason))"
    }
  }

  /// The modules whose files are not known to be those that the process had mapped.
  var doubtLines: [String] {
    let most = 8
    let doubtful = modules.filter { [.leftOut, .core].contains($0.verdict.verification) }
    var lines = doubtful.prefix(most).map { module in
      "\(PrintableText(module.path)): \(PrintableText(module.verdict.remark))"
        + (module.verdict.verification == .leftOut ? "; left out" : "")
    }
    if doubtful.count > most {
      lines.append("and \(doubtful.count - most) more; --json lists every one")
    }
    let weak = modules.count { $0.verdict.verification == .layout }
    if weak > 0 {
      lines.append(
        "\(Self.count(weak, "module")) known by \(weak == 1 ? "its" : "their") layout alone, which another build can share"
      )
    }
    return lines
  }

  static func count(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
  }

  var linkMapJSON: JSON {
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

extension Report.Module {
  var json: JSON {
    .members([
      "path": .text(path),
      "base": .address(base),
      "bias": bias.map(JSON.address) ?? .null,
      "verified": .string(verdict.verification.rawValue),
      "remark": verdict.remark.isEmpty ? .null : .string(verdict.remark),
    ])
  }
}
