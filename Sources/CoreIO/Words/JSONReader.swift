/// Reads JSON (RFC 8259) that a stranger may have written, strictly, into a `JSONValue`.
///
/// Neither its depth nor its count of values is the text's to choose. A number that is no whole one from 0 to 2^64 - 1 is
/// read as `null`: we write none. Half of a surrogate pair becomes U+FFFD.
package struct JSONReader {
  private static let mostDepth = 32
  private static let mostValues = 1 << 18

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var valuesLeft = mostValues

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The one value that a text is, white space around it aside; nil where it is none.
  package static func value(of bytes: [UInt8]) -> JSONValue? {
    var reader = JSONReader(bytes)
    guard let value = reader.value() else { return nil }
    reader.skipSpace()
    return reader.next == nil ? value : nil
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard let byte = next, UInt32(byte) == character.value else { return false }
    position += 1
    return true
  }

  private mutating func take(word: StaticString, _ value: JSONValue) -> JSONValue? {
    for letter in word.description.utf8 {
      guard next == letter else { return nil }
      position += 1
    }
    return value
  }

  private mutating func value() -> JSONValue? {
    guard valuesLeft > 0, depth < Self.mostDepth else { return nil }
    valuesLeft -= 1
    skipSpace()
    switch next {
    case UInt8(ascii: "n"): return take(word: "null", .null)
    case UInt8(ascii: "t"): return take(word: "true", .bool(true))
    case UInt8(ascii: "f"): return take(word: "false", .bool(false))
    case UInt8(ascii: "\""): return string().map(JSONValue.string)
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      depth += 1
      defer { depth -= 1 }
      return next == UInt8(ascii: "[") ? array() : object()
    default: return number()
    }
  }

  // MARK: Lists

  private mutating func array() -> JSONValue? {
    position += 1
    var items: [JSONValue] = []
    guard !take("]") else { return .array(items) }
    repeat {
      guard let item = value() else { return nil }
      items.append(item)
    } while take(",")
    return take("]") ? .array(items) : nil
  }

  private mutating func object() -> JSONValue? {
    position += 1
    var members: [JSONValue.Member] = []
    guard !take("}") else { return .object(members) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\""), let name = string(), take(":"), let value = value() else {
        return nil
      }
      members.append(JSONValue.Member(name: name, value: value))
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  // MARK: Numbers

  private mutating func number() -> JSONValue? {
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let digits = digits()
    guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else {
      return nil
    }
    let whole = position
    if next == UInt8(ascii: ".") {
      position += 1
      guard !self.digits().isEmpty else { return nil }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard !self.digits().isEmpty else { return nil }
    }
    guard !isNegative, position == whole else { return .null }
    let text = String(decoding: bytes[start..<whole], as: UTF8.self)
    return UInt64(text).map(JSONValue.number) ?? .null
  }

  private mutating func digits() -> ArraySlice<UInt8> {
    let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
    position = digits.endIndex
    return digits
  }

  // MARK: Strings

  private mutating func string() -> String? {
    position += 1
    var text: [UInt8] = []
    while true {
      let start = position
      while let byte = next, byte >= 0x20, byte != 0x22, byte != 0x5c { position += 1 }
      text += bytes[start..<position]
      switch next {
      case 0x22:
        position += 1
        return String(validating: text, as: UTF8.self)
      case 0x5c:
        guard let escaped = escapes() else { return nil }
        text += escaped.utf8
      default: return nil
      }
    }
  }

  /// All escapes that follow one another: a character may be two of them.
  private mutating func escapes() -> String? {
    var units: [UInt16] = []
    while next == 0x5c {
      position += 1
      guard let unit = escape() else { return nil }
      units.append(unit)
    }
    return String(decoding: units, as: UTF16.self)
  }

  private mutating func escape() -> UInt16? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case 0x22, 0x5c, UInt8(ascii: "/"): return UInt16(byte)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      let digits = bytes[position...].prefix(4)
      // An initializer from text would take a sign too.
      guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
      else { return nil }
      position = digits.endIndex
      return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    default: return nil
    }
  }
}

extension JSONValue {
  /// The one value that a text of JSON is; nil where it is none, or of more than 262,144 values or 32 levels. A number that is
  /// no whole one from 0 to 2^64 - 1 is read as `null`: we write none.
  public init?(reading text: String) {
    guard let value = JSONReader.value(of: Array(text.utf8)) else { return nil }
    self = value
  }
}

// Wrong types are no values: what a reader doesn't understand is not there.
extension JSONValue {
  /// The first member of that name; nil where there is none, or this is no object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// A string's text.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// A string's text, as UTF-8.
  package var bytes: [UInt8]? { string.map { Array($0.utf8) } }
  /// A whole number that is not negative.
  package var number: UInt64? { if case .number(let number) = self { number } else { nil } }
  /// A number that has 32 bits.
  package var word: UInt32? { number.flatMap(UInt32.init(exactly:)) }
  /// true or false.
  public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  /// An array's values.
  public var array: [JSONValue]? { if case .array(let items) = self { Array(items) } else { nil } }
  /// The number of an address, as `JSONValue.address` writes it.
  package var address: UInt64? {
    guard let digits = string?.utf8, digits.starts(with: "0x".utf8), digits.count <= 18,
      digits.dropFirst(2).allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
    else { return nil }
    return UInt64(String(decoding: digits.dropFirst(2), as: UTF8.self), radix: 16)
  }
}
