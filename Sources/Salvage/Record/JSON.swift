/// A JSON value that is to be written. Members keep their order, so the same value gives the same bytes.
public enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(UInt64)
  case string(String)
  case array([JSON])
  case object([Member])

  /// A name and its value.
  public struct Member: Hashable, Sendable {
    public let name: String
    public let value: JSON
  }

  /// An object of these members, in this order.
  public static func members(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// An address or offset, as a string: JSON's numbers lose bits above 2^53.
  public static func address(_ value: UInt64) -> JSON { .string("0x" + hexadecimal(value)) }

  /// Bytes of a core that are text as a rule; what is no UTF-8 is escaped as on a terminal.
  public static func text(_ bytes: [UInt8]) -> JSON {
    .string(String(validating: bytes, as: UTF8.self) ?? PrintableText(bytes).description)
  }

  /// The value as one line of ASCII.
  public var line: String {
    var text = ""
    append(to: &text)
    return text
  }

  private func append(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += String(value)
    case .string(let value): Self.appendQuoted(value, to: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.append(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Self.appendQuoted(member.name, to: &text)
        text += ":"
        member.value.append(to: &text)
      }
      text += "}"
    }
  }

  /// Everything but printable ASCII is escaped: a terminal may show what a program was to read.
  private static func appendQuoted(_ string: String, to text: inout String) {
    text += "\""
    for unit in string.utf16 {
      switch unit {
      case 0x22: text += "\\\""
      case 0x5c: text += "\\\\"
      case 0x20..<0x7f: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default: text += "\\u" + hexadecimal(UInt64(unit), digits: 4)
      }
    }
    text += "\""
  }
}
