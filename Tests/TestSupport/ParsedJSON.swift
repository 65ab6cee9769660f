/// A JSON text, read strictly (RFC 8259): the judge of what `--json` prints.
public struct ParsedJSON: Hashable, Sendable {
  public indirect enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([ParsedJSON])
    case object([String: ParsedJSON])
  }

  public let value: Value

  public var string: String? { if case .string(let text) = value { text } else { nil } }
  public var number: Double? { if case .number(let number) = value { number } else { nil } }
  public var bool: Bool? { if case .bool(let bool) = value { bool } else { nil } }
  public var array: [ParsedJSON]? { if case .array(let items) = value { items } else { nil } }
  public var object: [String: ParsedJSON]? {
    if case .object(let members) = value { members } else { nil }
  }
  public subscript(name: String) -> ParsedJSON? { object?[name] }

  public init(_ text: String) throws {
    var reader = JSONReader(text)
    self = try reader.value()
    reader.skipSpace()
    guard reader.isAtEnd else { throw reader.problem("more after the value") }
  }

  init(_ value: Value) { self.value = value }
}

private struct JSONReader {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var isAtEnd: Bool { position == scalars.count }
  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  func problem(_ words: String) -> ReferenceError {
    ReferenceError("JSON, character \(position): \(words)")
  }

  mutating func skipSpace() {
    while let scalar = next, " \t\r\n".unicodeScalars.contains(scalar) { position += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func take(word: String) -> Bool {
    let letters = Array(word.unicodeScalars)
    guard scalars[position...].starts(with: letters) else { return false }
    position += letters.count
    return true
  }

  mutating func value() throws -> ParsedJSON {
    skipSpace()
    if take(word: "null") { return ParsedJSON(.null) }
    if take(word: "true") { return ParsedJSON(.bool(true)) }
    if take(word: "false") { return ParsedJSON(.bool(false)) }
    if take("{") { return try object() }
    if take("[") { return try array() }
    if take("\"") { return ParsedJSON(.string(try string())) }
    let digits = scalars[position...].prefix { "-+.eE0123456789".unicodeScalars.contains($0) }
    position += digits.count
    guard let number = Double(String(String.UnicodeScalarView(digits))) else {
      throw problem("no value")
    }
    return ParsedJSON(.number(number))
  }

  private mutating func object() throws -> ParsedJSON {
    var members: [String: ParsedJSON] = [:]
    guard !take("}") else { return ParsedJSON(.object([:])) }
    repeat {
      guard take("\"") else { throw problem("no name") }
      let name = try string()
      guard take(":") else { throw problem("no colon") }
      guard members[name] == nil else { throw problem("\(name) twice") }
      members[name] = try value()
    } while take(",")
    guard take("}") else { throw problem("no end of an object") }
    return ParsedJSON(.object(members))
  }

  private mutating func array() throws -> ParsedJSON {
    var items: [ParsedJSON] = []
    guard !take("]") else { return ParsedJSON(.array([])) }
    repeat { items.append(try value()) } while take(",")
    guard take("]") else { throw problem("no end of an array") }
    return ParsedJSON(.array(items))
  }

  private mutating func string() throws -> String {
    var units: [UInt16] = []
    while let scalar = next {
      position += 1
      switch scalar {
      case "\"": return String(decoding: units, as: UTF16.self)
      case "\\": units.append(try escape())
      case "\0"..."\u{1f}": throw problem("a control character in a string")
      default: units += Array(String(scalar).utf16)
      }
    }
    throw problem("no end of a string")
  }

  private mutating func escape() throws -> UInt16 {
    guard let scalar = next else { throw problem("no end of an escape") }
    position += 1
    switch scalar {
    case "\"", "\\", "/": return UInt16(scalar.value)
    case "b": return 8
    case "f": return 12
    case "n": return 10
    case "r": return 13
    case "t": return 9
    case "u":
      let digits = String(String.UnicodeScalarView(scalars[position...].prefix(4)))
      guard digits.unicodeScalars.count == 4, let unit = UInt16(digits, radix: 16) else {
        throw problem("no number after \\u")
      }
      position += 4
      return unit
    default: throw problem("an unknown escape")
    }
  }
}
