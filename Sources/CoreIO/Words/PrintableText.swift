public import SystemPackage

/// Text from a core, a path or another stranger, made safe for a terminal.
///
/// Control characters, invalid UTF-8, and characters that change the direction or the look of what
/// stands around them are shown as escapes (`\u{1b}`, `\xff`); a backslash is doubled so that no escape is ambiguous.
public struct PrintableText: Hashable, Sendable, CustomStringConvertible {
  /// The text, safe to print, on one line.
  public let description: String

  /// Bytes that are UTF-8 as a rule.
  public init(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    let backslash = UInt8(ascii: "\\")
    if bytes.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != backslash }) {
      description = String(decoding: bytes, as: UTF8.self)
      return
    }
    var text = ""
    var decoder = UTF8Runs(bytes: bytes)
    while let run = decoder.next() {
      switch run {
      case .scalar(let scalar): text += Self.escaped(scalar)
      case .invalid(let byte): text += "\\x" + hexadecimal(UInt64(byte), digits: 2)
      }
    }
    description = text
  }

  /// Text that may hold control characters.
  public init(_ text: String) { self.init(text.utf8) }

  /// A path, whose bytes need not be UTF-8.
  public init(_ path: FilePath) {
    self.init(Self.bytes(of: path))
  }

  /// The bytes of a path, which are not always UTF-8.
  package static func bytes(of path: FilePath) -> [UInt8] {
    unsafe path.withPlatformString { unsafe bytes(of: $0) }
  }

  private static func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = unsafe string
    while unsafe position.pointee != 0 {
      unsafe bytes.append(UInt8(bitPattern: position.pointee))
      unsafe position += 1
    }
    return bytes
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    if scalar == "\\" { return "\\\\" }
    return isShown(scalar) ? String(scalar) : "\\u{" + String(scalar.value, radix: 16) + "}"
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }

  /// These bytes as text, where all of it is shown as it is; a backslash is, too.
  package static func plain(_ bytes: [UInt8]) -> String? {
    String(validating: bytes, as: UTF8.self)
      .flatMap { $0.unicodeScalars.allSatisfy(isShown) ? $0 : nil }
  }
}

/// Bytes as Unicode scalars, and each byte that is part of none.
private struct UTF8Runs {
  enum Run {
    case scalar(Unicode.Scalar)
    case invalid(UInt8)
  }

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Run? {
    guard position < bytes.count else { return nil }
    let first = bytes[position]
    let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    let candidate = bytes[position..<min(position + length, bytes.count)]
    if let text = String(validating: candidate, as: UTF8.self),
      let scalar = text.unicodeScalars.first
    {
      position += candidate.count
      return .scalar(scalar)
    }
    position += 1
    return .invalid(first)
  }
}

/// `value` in hexadecimal with at least `digits` digits.
package func hexadecimal(_ value: UInt64, digits: Int = 1) -> String {
  let least = max(1, (64 - value.leadingZeroBitCount + 3) / 4)
  let count = max(digits, least)
  return unsafe String(unsafeUninitializedCapacity: count) { buffer in
    for index in 0..<count {
      let shift = 4 * UInt64(count - 1 - index)
      let digit = UInt8(shift < 64 ? value >> shift & 0xf : 0)
      unsafe buffer[index] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
    return count
  }
}
