/// One entry of a LOST or REBUILT note: a range that is not as the dump had it.
public struct ReferenceLoss: Hashable, Sendable, CustomStringConvertible {
  /// The index that stands for no program header.
  public static let noHeader: UInt32 = 0xffff_ffff

  public var address: UInt64
  public var length: UInt64
  /// Where its bytes lie, or would lie, in the file of due size.
  public var offset: UInt64
  /// The index in the program header table as it was.
  public var header: UInt32
  /// `p_flags`.
  public var flags: UInt32
  /// LOST: 1 past the end, 2 unreadable, 3 damaged in an archive or stream, 4 named by a map file, 6 gone before it was read,
  /// 9 no room when it was captured, 10 left out on request.
  /// REBUILT: 1 link map, 2 mapped file.
  public var cause: UInt32
  /// 1 dropped, 2 zero-marked, 3 padded, 4 rebuilt.
  public var state: UInt32

  public init(
    address: UInt64, length: UInt64, offset: UInt64, header: UInt32, flags: UInt32,
    cause: UInt32, state: UInt32
  ) {
    self.address = address
    self.length = length
    self.offset = offset
    self.header = header
    self.flags = flags
    self.cause = cause
    self.state = state
  }

  init(_ reader: inout FieldReader) throws {
    address = try reader.quad()
    length = try reader.quad()
    offset = try reader.quad()
    header = try reader.word()
    flags = try reader.word()
    cause = try reader.word()
    state = try reader.word()
    guard length > 0, length <= .max - address, length <= .max - offset else {
      throw ReferenceError("a range of \(length) bytes at address \(address), offset \(offset)")
    }
    guard (1...10).contains(cause), (1...4).contains(state) else {
      throw ReferenceError("unknown cause \(cause) or state \(state)")
    }
  }

  public var range: Range<UInt64> { address..<address + length }
  public var fileRange: Range<UInt64> { offset..<offset + length }
  /// True for memory, false for a stretch of the notes or of the header table.
  public var isMemory: Bool { address != 0 }

  public var description: String {
    let numbers = [address, length, offset].map { "0x" + String($0, radix: 16) }
    return "\(numbers.joined(separator: " ")) header \(header) flags \(flags)"
      + " cause \(cause) state \(state)"
  }
}
