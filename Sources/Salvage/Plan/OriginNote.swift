internal import CoreIO
package import CoreModel

/// What the JSON of an ORIGIN note says. It is written in one way only: whatever has another shape is none of ours.
package struct OriginNote: Hashable, Sendable {
  package let format: UInt64
  package let tool: String
  package let sizeFound: UInt64
  package let headDigest: String
  /// The object's text, without its last brace.
  package let options: String
  /// When the process died; nil where the repair could not tell.
  package let died: DeathTime?
  /// Where bytes of the input were missing, or too many.
  package let moved: [OffsetSurvey.Seam]

  package init?(_ line: String) {
    var rest = Array(line.utf8)[...]
    /// The text after `start`, up to one of these bytes. No backslash is in it, which might take that byte's meaning.
    func text(after start: String, to end: Character) -> String? {
      guard rest.starts(with: start.utf8) else { return nil }
      let text = rest.dropFirst(start.utf8.count)
        .prefix { $0 != end.asciiValue && $0 != UInt8(ascii: "\\") }
      rest = rest[text.endIndex...]
      return String(decoding: text, as: UTF8.self)
    }
    guard let format = text(after: #"{"format":"#, to: ","),
      let tool = text(after: #","tool":""#, to: "\""),
      let size = text(after: #"","sizeFound":"#, to: ","),
      let digest = text(after: #","headDigest":""#, to: "\""),
      let options = text(after: #"","options":"#, to: "}"),
      let format = UInt64(format), let sizeFound = UInt64(size), String(sizeFound) == size
    else { return nil }
    // Here the note ends, or says this besides.
    var died: DeathTime?
    if let time = text(after: #"},"died":{"time":"#, to: ","),
      let source = text(after: #","by":""#, to: "\"")
    {
      guard let microseconds = UInt64(time), String(microseconds) == time,
        let source = DeathTime.Source(rawValue: source), rest.starts(with: "\"".utf8)
      else { return nil }
      rest = rest.dropFirst()
      died = DeathTime(microseconds: microseconds, source)
    }
    // And this.
    var moved: [OffsetSurvey.Seam] = []
    if let list = text(after: #"},"moved":["#, to: "]") {
      guard let seams = OffsetSurvey.Seam.list(reading: "[\(list)]"), !seams.isEmpty else {
        return nil
      }
      moved = seams
      guard rest.elementsEqual("]}".utf8) else { return nil }
    } else {
      guard rest.elementsEqual("}}".utf8) else { return nil }
    }
    self.died = died
    self.moved = moved
    self.format = format
    self.tool = tool
    self.sizeFound = sizeFound
    headDigest = digest
    self.options = options
  }
}

extension OriginNote {
  /// Whether what was moved was put back to its place.
  package var mendsShifts: Bool {
    options.contains(#""shifts":"\#(IntakeOptions.Shifts.mend.rawValue)""#)
  }

  /// Whether it names a core of that digest.
  package func isOf(_ digest: String) -> Bool { headDigest == Origin.name(of: digest) }
}

extension OffsetSurvey.Seam {
  /// Written in one way only, too.
  fileprivate static func list(reading text: String) -> [Self]? {
    guard let items = JSONValue(reading: text)?.array else { return nil }
    var seams: [Self] = []
    for item in items {
      guard case .object(let members) = item else { return nil }
      let numbers = members.compactMap(\.value.number)
      guard numbers.count == 4, numbers[0] <= numbers[1],
        let missing = Int64(exactly: numbers[2]), let surplus = Int64(exactly: numbers[3])
      else { return nil }
      seams.append(Self(range: numbers[0]..<numbers[1], change: surplus - missing))
    }
    return JSONValue.array(seams.map(\.json)).line == text ? seams : nil
  }
}
