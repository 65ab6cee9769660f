/// One integer of an on-disk record: its name in elf(5), and where it lies in a 32-bit and a 64-bit file.
package struct Field: Hashable, Sendable {
  /// The size of the integer: `Elf_Half`, `Elf_Word`, or the class's own `Elf_Addr`/`Off`/`Xword`.
  package enum Size: Sendable { case half, word, native }

  package let name: String
  package let size: Size
  package let offset32: Int
  package let offset64: Int

  package init(_ name: String, _ size: Size, at32 offset32: Int, at64 offset64: Int) {
    self.name = name
    self.size = size
    self.offset32 = offset32
    self.offset64 = offset64
  }

  // What is done for each field of a million segments is inlined, so that no more is left of it than a load or a store.

  /// Where the field lies in its record, in bytes.
  @inline(__always)
  package func offset(in format: ELFFormat) -> Int {
    format.width == .bits64 ? offset64 : offset32
  }

  /// How many bytes the field has.
  @inline(__always)
  package func byteCount(in format: ELFFormat) -> Int {
    switch size {
    case .half: 2
    case .word: 4
    case .native: format.wordSize
    }
  }

  /// Reads the field of the record that begins at `record`; nil where the bytes end before it.
  @inline(__always)
  package func read(_ bytes: Span<UInt8>, record: Int = 0, in format: ELFFormat) -> UInt64? {
    bytes.integer(
      at: record + offset(in: format), size: byteCount(in: format), format.byteOrder)
  }

  /// Writes the field of the record that begins at `record`.
  @inline(__always)
  package func write(
    _ value: UInt64, to bytes: inout [UInt8], record: Int = 0, in format: ELFFormat
  ) {
    bytes.store(
      value, at: record + offset(in: format), size: byteCount(in: format), format.byteOrder)
  }
}
