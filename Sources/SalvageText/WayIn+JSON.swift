internal import CoreIO
internal import CoreModel

extension WayIn {
  /// All of it, as one object.
  var json: JSONValue {
    .members([
      "kind": .string(kind.rawValue),
      "packing": packing.map { .string($0.rawValue) } ?? .null,
      "ending": .string(endingName),
      "zeroTail": .number(zeroTail),
      "unreadable": .number(unreadable),
      "archive": .array(archiveRemarks.map(JSONValue.string)),
      "moved": offsets.json,
      "mended": .bool(isMended || offsets.isToldMended),
      "trailing": .number(offsets.trailing),
      "systemd": .object(
        Self.attributeNames.compactMap { name in
          attributes[name].map { .init(name: name, value: .text($0)) }
        }),
    ])
  }

  private var endingName: String {
    switch ending == .whole ? rest.ending : ending {
    case .whole: "whole"
    case .cut: "cut"
    case .damaged: "damaged"
    case .checksumWrong: "checksum wrong"
    case .unreadable: "unreadable"
    }
  }
}

extension OffsetSurvey {
  /// Where bytes are missing, and where some are too many.
  var json: JSONValue { .array(seams.map(\.json)) }
}
