package import CoreIO
internal import CoreModel

/// The ORIGIN note: which input a repaired core was made from, by which version, and with which options.
package struct Origin: Hashable, Sendable {
  package var sizeFound: UInt64
  package var digest: String
  /// The options as they were carried out.
  package var options: RepairOptions

  package init(sizeFound: UInt64, digest: String, options: RepairOptions) {
    self.sizeFound = sizeFound
    self.digest = digest
    self.options = options
  }

  package static let formatVersion: UInt64 = 1

  /// The note's JSON. Only options that change the bytes of the output are named, and only where they are not the default.
  package var json: JSONValue {
    var changed: [JSONValue.Member] = []
    if options.extend != .due {
      changed.append(.init(name: "extend", value: .string(options.extend.rawValue)))
    }
    if options.lostMemory != .drop {
      changed.append(.init(name: "lost", value: .string(options.lostMemory.rawValue)))
    }
    if options.rebuild != .all {
      changed.append(.init(name: "rebuild", value: .string(options.rebuild.rawValue)))
    } else if options.withFiles != .headers {
      changed.append(.init(name: "with-files", value: .string(options.withFiles.rawValue)))
    }
    if options.rebuild == .all, options.keepMappings {
      changed.append(.init(name: "keep-mappings", value: .bool(true)))
    }
    if options.intake.shifts != .lose {
      changed.append(.init(name: "shifts", value: .string(options.intake.shifts.rawValue)))
    }
    return .members([
      "format": .number(Self.formatVersion),
      "tool": .string("coresalvage \(SalvageVersion.current)"),
      "sizeFound": .number(sizeFound),
      "headDigest": .string("xxh3-128:" + digest),
      "options": .object(changed),
    ])
  }

  /// Whether a note's JSON tells of the same input and options, by whichever version it was written.
  package func isSame(as line: String) -> Bool {
    OriginNote(line)?.sizeFound == sizeFound && isSameButSize(as: line)
  }

  /// The same, of an input whose size is not known.
  package func isSameButSize(as line: String) -> Bool {
    guard let note = OriginNote(line), let own = OriginNote(json.line) else { return false }
    return note.format == own.format && note.headDigest == own.headDigest
      && note.options == own.options
  }
}
