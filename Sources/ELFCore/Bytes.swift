extension Span where Element == UInt8 {
  /// The unsigned integer of `size` bytes (1, 2, 4 or 8) at `offset`, or nil where the span ends before it.
  ///
  /// The one place where bytes of a file become numbers.
  @inlinable
  @inline(__always)
  package func integer(at offset: Int, size: Int, _ order: ELFFormat.ByteOrder) -> UInt64? {
    guard offset >= 0, size > 0, size <= 8, offset <= count - size else { return nil }
    switch size {
    case 8: return load(UInt64.self, at: offset, order)
    case 4: return UInt64(load(UInt32.self, at: offset, order))
    case 2: return UInt64(load(UInt16.self, at: offset, order))
    default: break
    }
    var value: UInt64 = 0
    for index in 0..<size {
      let position = order == .big ? offset + index : offset + size - 1 - index
      value = value << 8 | UInt64(self[position])
    }
    return value
  }

  /// In one step: a table of a million segments has eight million integers. The caller has looked at the bounds.
  @inlinable
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, at offset: Int, _ order: ELFFormat.ByteOrder
  ) -> T {
    let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    return order == .big ? T(bigEndian: value) : T(littleEndian: value)
  }

  /// A C string of at most `limit` bytes at `offset`, without its NUL; nil where the span ends before `offset`.
  package func cString(at offset: Int, limit: Int) -> [UInt8]? {
    guard offset >= 0, offset <= count else { return nil }
    let most = offset + Swift.min(limit, count - offset)
    var end = offset
    while end < most, self[end] != 0 { end += 1 }
    return array(offset..<end)
  }

  /// The same; where it is one that is known, that one and no copy of it.
  package func cString(at offset: Int, limit: Int, unless known: [UInt8]?) -> [UInt8]? {
    guard let known, offset >= 0, known.count < limit, offset <= count - known.count - 1,
      self[offset + known.count] == 0
    else { return cString(at: offset, limit: limit) }
    let part = extracting(offset..<offset + known.count)
    let isSame = unsafe part.withUnsafeBytes { part in
      unsafe known.withUnsafeBytes { unsafe part.elementsEqual($0) }
    }
    return isSame ? known : cString(at: offset, limit: limit)
  }

  /// The bytes of `range`, clamped to the span.
  package func array(_ range: Range<Int>) -> [UInt8] {
    let part = extracting(range.clamped(to: 0..<count))
    return unsafe part.withUnsafeBufferPointer { unsafe Array($0) }
  }
}

extension Array where Element == UInt8 {
  /// Appends the low `size` bytes (1, 2, 4 or 8) of `value` in the byte order `order`.
  package mutating func append(_ value: UInt64, size: Int, _ order: ELFFormat.ByteOrder) {
    unsafe Swift.withUnsafeBytes(of: Self.ordered(value, size: size, order)) {
      unsafe append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<size]))
    }
  }

  /// Replaces `size` bytes (1, 2, 4 or 8) at `offset` by `value`; nothing where the array is too short.
  @inline(__always)
  package mutating func store(
    _ value: UInt64, at offset: Int, size: Int, _ order: ELFFormat.ByteOrder
  ) {
    guard offset >= 0, offset <= count - size else { return }
    let ordered = Self.ordered(value, size: size, order)
    unsafe withUnsafeMutableBytes { bytes in
      switch size {
      case 8: unsafe bytes.storeBytes(of: ordered, toByteOffset: offset, as: UInt64.self)
      case 4:
        unsafe bytes.storeBytes(
          of: UInt32(truncatingIfNeeded: ordered), toByteOffset: offset, as: UInt32.self)
      default:
        for index in 0..<size {
          unsafe bytes[offset + index] = UInt8(truncatingIfNeeded: ordered >> (8 * UInt64(index)))
        }
      }
    }
  }

  /// The integer whose first `size` bytes, the lowest one first, are those of `value` in the byte order `order`.
  @inline(__always)
  private static func ordered(
    _ value: UInt64, size: Int, _ order: ELFFormat.ByteOrder
  ) -> UInt64 {
    let shifted = order == .big ? (value << UInt64(64 - 8 * size)).byteSwapped : value
    return shifted.littleEndian
  }

  /// Appends zeros up to the next multiple of `alignment`.
  package mutating func pad(to alignment: Int) {
    append(contentsOf: repeatElement(0, count: (alignment - count % alignment) % alignment))
  }
}
