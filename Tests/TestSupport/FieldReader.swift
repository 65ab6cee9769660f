/// Reads the fields of an on-disk record one after the other.
///
/// It knows no table of offsets: the callers name the fields in elf(5)'s order, and the position
/// follows from what was read before. A wrong offset in the code under test meets a reader that
/// can't share it.
public struct FieldReader: Sendable {
  public let format: ReferenceFormat
  private let bytes: [UInt8]
  private let what: String
  /// Where the next field begins, counted from the record's first byte.
  public private(set) var position = 0

  /// - Parameters:
  ///   - what: what is being read, for error messages.
  public init(_ bytes: [UInt8], _ format: ReferenceFormat, what: String) {
    self.bytes = bytes
    self.format = format
    self.what = what
  }

  public var remaining: Int { bytes.count - position }

  /// An `Elf_Half`, 2 bytes.
  public mutating func half() throws -> UInt16 { UInt16(try integer(2)) }
  /// An `Elf_Word`, 4 bytes.
  public mutating func word() throws -> UInt32 { UInt32(try integer(4)) }
  /// An `Elf_Xword`, 8 bytes in both classes.
  public mutating func quad() throws -> UInt64 { try integer(8) }
  /// An `Elf_Addr` or `Elf_Off`, or a C `long`: 4 or 8 bytes.
  public mutating func native() throws -> UInt64 { try integer(format.nativeSize) }

  public mutating func raw(_ count: Int) throws -> [UInt8] {
    guard count >= 0, count <= remaining else {
      throw ReferenceError("\(what): \(count) bytes wanted at \(position), \(remaining) are left")
    }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// Skips to the next multiple of `alignment`, and gives what was skipped: zeros, if all is well.
  @discardableResult
  public mutating func padding(to alignment: Int) throws -> [UInt8] {
    try raw((alignment - position % alignment) % alignment)
  }

  private mutating func integer(_ size: Int) throws -> UInt64 {
    guard size <= remaining else {
      throw ReferenceError("\(what): a field of \(size) bytes at \(position) ends past its record")
    }
    var value: UInt64 = 0
    for index in 0..<size {
      let place = format.isLittleEndian ? position + size - 1 - index : position + index
      value = value << 8 | UInt64(bytes[place])
    }
    position += size
    return value
  }
}
