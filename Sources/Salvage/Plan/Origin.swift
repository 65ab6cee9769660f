package import CoreIO
package import CoreModel

/// The ORIGIN note: which input a repaired core was made from, by which version, and with which options. Of a slim core, the SLIM
/// note.
package struct Origin: Hashable, Sendable {
  package var sizeFound: UInt64
  package var digest: String
  /// The options as they were carried out.
  package var options: RepairOptions
  /// When the process died; nil where nothing tells.
  package var died: DeathTime?
  /// Where bytes of the input were missing, or too many: all that was lost behind them was there, elsewhere.
  package var moved: [OffsetSurvey.Seam]

  package init(
    sizeFound: UInt64, digest: String, options: RepairOptions, died: DeathTime? = nil,
    moved: [OffsetSurvey.Seam] = []
  ) {
    self.sizeFound = sizeFound
    self.digest = digest
    self.options = options
    self.died = died
    self.moved = Array(moved.prefix(Self.mostMoved))
  }

  /// The origin of what is made of a core.
  init(_ core: borrowing Core, _ options: RepairOptions) {
    self.init(
      sizeFound: core.structure.sizeFound, digest: core.digest, options: options, died: core.died,
      moved: core.wayIn.offsets.seams)
  }

  /// Of more such places it is enough to know some.
  private static let mostMoved = 16

  package static let formatVersion: UInt64 = 1

  /// A digest, after what it is one of.
  package static func name(of digest: String) -> String { "xxh3-128:" + digest }

  /// The note's JSON. Only options that change the bytes of the output are named, and only where they are not the default.
  package var json: JSONValue {
    var changed: [JSONValue.Member] = []
    if let slim = options.slim {
      // It has no hole and no lost memory.
      changed = slim.members
    } else {
      if options.extend != .due {
        changed.append(.init(name: "extend", value: .string(options.extend.rawValue)))
      }
      if options.lostMemory != .drop {
        changed.append(.init(name: "lost", value: .string(options.lostMemory.rawValue)))
      }
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
    var members: [JSONValue.Member] = [
      .init(name: "format", value: .number(Self.formatVersion)),
      .init(name: "tool", value: .string(SalvageVersion.tool)),
      .init(name: "sizeFound", value: .number(sizeFound)),
      .init(name: "headDigest", value: .string(Self.name(of: digest))),
      .init(name: "options", value: .object(changed)),
    ]
    if let died { members.append(.init(name: "died", value: died.noteJSON)) }
    if !moved.isEmpty { members.append(.init(name: "moved", value: .array(moved.map(\.json)))) }
    return .object(members)
  }

  /// Whether a note's JSON tells of the same input, as old, and options, by whichever version it was written.
  package func isSame(as line: String) -> Bool {
    guard let note = OriginNote(line) else { return false }
    return note.sizeFound == sizeFound && note.died == died && isSameButSize(as: line)
  }

  /// The same, of an input whose size and time are not known.
  package func isSameButSize(as line: String) -> Bool {
    guard let note = OriginNote(line), let own = OriginNote(json.line) else { return false }
    return note.format == own.format && note.headDigest == own.headDigest
      && note.options == own.options
  }
}
