/// A JSON value that is to be written. Members keep their order, so the same value gives the same bytes.
public enum JSONValue: Hashable, Sendable {
  /// No value.
  case null
  /// true or false.
  case bool(Bool)
  /// A whole number, written in full; readers that take it for a double lose bits above 2^53.
  case number(UInt64)
  /// Text.
  case string(String)
  /// Values in their order.
  case array(JSONList)
  /// Members in their order.
  case object([Member])

  /// A name and its value.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its value.
    public let value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// An object of these members, in this order.
  public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// These values, in this order.
  public static func array(_ values: [JSONValue]) -> JSONValue { .array(JSONList(values)) }

  /// An array of as many values as there are elements, each made when it is written.
  public static func array<Elements: RandomAccessCollection & Sendable>(
    of elements: Elements, _ value: @escaping @Sendable (Elements.Element) -> JSONValue
  ) -> JSONValue where Elements.Index == Int { .array(JSONList(of: elements, value)) }

  /// An address or offset, as a string: JSON's numbers lose bits above 2^53.
  public static func address(_ value: UInt64) -> JSONValue { .string("0x" + hexadecimal(value)) }

  /// Bytes of a core that are text as a rule; what is no UTF-8 is escaped as on a terminal.
  public static func text(_ bytes: [UInt8]) -> JSONValue {
    .string(String(validating: bytes, as: UTF8.self) ?? PrintableText(bytes).description)
  }

  /// The value as one line of ASCII.
  public var line: String {
    var text: [UInt8] = []
    append(to: &text) { _ in }
    return String(decoding: text, as: UTF8.self)
  }

  /// Hands the line over in parts: that of a million ranges is nowhere as a whole.
  package func forEachPart<Failure: Error>(
    _ body: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var text: [UInt8] = []
    try append(to: &text) { (text: inout [UInt8]) throws(Failure) in
      guard text.count >= 1 << 16 else { return }
      try body(text)
      text.removeAll(keepingCapacity: true)
    }
    try body(text)
  }

  /// Bytes: a report of a million ranges is written many times faster so than by a string's characters. `spill` may take
  /// away what there is of them.
  private func append<Failure: Error>(
    to text: inout [UInt8], _ spill: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .null: text.append(contentsOf: "null".utf8)
    case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): text.append(contentsOf: String(value).utf8)
    case .string(let value): Self.appendQuoted(value, to: &text)
    case .array(let values):
      text.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        try value.append(to: &text, spill)
        try spill(&text)
      }
      text.append(UInt8(ascii: "]"))
    case .object(let members):
      text.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        Self.appendQuoted(member.name, to: &text)
        text.append(UInt8(ascii: ":"))
        try member.value.append(to: &text, spill)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Everything but printable ASCII is escaped: a terminal may show what a program was to read.
  private static func appendQuoted(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    if string.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != 0x22 && $0 != 0x5c }) {
      text.append(contentsOf: string.utf8)
    } else {
      for unit in string.utf16 {
        switch unit {
        case 0x22: text.append(contentsOf: "\\\"".utf8)
        case 0x5c: text.append(contentsOf: "\\\\".utf8)
        case 0x20..<0x7f: text.append(UInt8(unit))
        default: text.append(contentsOf: ("\\u" + hexadecimal(UInt64(unit), digits: 4)).utf8)
        }
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}

extension JSONValue: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// As the same value, whatever the format.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value): try value.encode(to: encoder)
    case .number(let value): try value.encode(to: encoder)
    case .string(let value): try value.encode(to: encoder)
    case .array(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .object(let members):
      var container = encoder.container(keyedBy: Key.self)
      for member in members {
        try container.encode(member.value, forKey: Key(stringValue: member.name))
      }
    }
  }
}
