/// Appends the fields of on-disk records one after the other: the writing twin of `FieldReader`,
/// and as ignorant of offsets.
public struct FieldWriter: Sendable {
  public let format: ReferenceFormat
  public private(set) var bytes: [UInt8] = []

  public init(_ format: ReferenceFormat) {
    self.format = format
  }

  public mutating func byte(_ value: UInt8) { bytes.append(value) }
  /// An `Elf_Half`, 2 bytes.
  public mutating func half(_ value: UInt16) { integer(UInt64(value), 2) }
  /// An `Elf_Word`, 4 bytes.
  public mutating func word(_ value: UInt32) { integer(UInt64(value), 4) }
  /// An `Elf_Xword`, 8 bytes in both classes.
  public mutating func quad(_ value: UInt64) { integer(value, 8) }
  /// An `Elf_Addr` or `Elf_Off`, or a C `long`: 4 or 8 bytes. In a 32-bit file the upper half is
  /// lost.
  public mutating func native(_ value: UInt64) { integer(value, format.nativeSize) }
  public mutating func raw(_ more: [UInt8]) { bytes += more }

  /// A `char[size]`: the text, cut or filled with NULs.
  public mutating func text(_ value: String, size: Int) {
    let kept = value.utf8.prefix(size)
    bytes += kept
    bytes += [UInt8](repeating: 0, count: size - kept.count)
  }

  /// Fills with zeros up to `offset`, which must not lie behind.
  public mutating func fill(to offset: Int) {
    precondition(offset >= bytes.count, "can't go back to \(offset) from \(bytes.count)")
    bytes += [UInt8](repeating: 0, count: offset - bytes.count)
  }

  /// Fills with zeros up to the next multiple of `alignment`.
  public mutating func pad(to alignment: Int) {
    fill(to: (bytes.count + alignment - 1) / alignment * alignment)
  }

  private mutating func integer(_ value: UInt64, _ size: Int) {
    for index in 0..<size {
      let shift = 8 * (format.isLittleEndian ? index : size - 1 - index)
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
