/// `ElfN_Sym`: the symbols that an image offers, as far as their names and values.
package enum DynamicSymbols {
  /// The size of an entry, and where its name's offset and its value stand.
  private static let name = Field("st_name", .word, at32: 0, at64: 0)
  private static let value = Field("st_value", .native, at32: 4, at64: 8)

  package static func entrySize(in format: ELFFormat) -> Int { format.width == .bits64 ? 24 : 16 }

  /// The value of the first symbol of that name that has one; `table` may go on after the last symbol.
  package static func value(
    of wanted: String, table: Span<UInt8>, strings: Span<UInt8>, in format: ELFFormat
  ) -> UInt64? {
    let wanted = Array(wanted.utf8)
    let size = entrySize(in: format)
    for index in 0..<table.count / size {
      guard let offset = name.read(table, record: index * size, in: format),
        let value = value.read(table, record: index * size, in: format)
      else { return nil }
      if value != 0, offset < UInt64(strings.count),
        strings.cString(at: Int(offset), limit: wanted.count + 1) == wanted
      {
        return value
      }
    }
    return nil
  }

  /// One entry of the table.
  package struct Entry: Hashable, Sendable {
    /// Where its name begins in the table of strings.
    package var name: UInt64
    /// The address that it was linked for.
    package var value: UInt64
    /// Whether its address is known only once a function of its own has told it (STT_GNU_IFUNC).
    package var isIndirect: Bool

    /// Reads the entry at `record`; nil where it is cut.
    package init?(_ table: Span<UInt8>, record: Int, in format: ELFFormat) {
      let info = record + (format.width == .bits64 ? 4 : 12)
      guard let name = DynamicSymbols.name.read(table, record: record, in: format),
        let value = DynamicSymbols.value.read(table, record: record, in: format),
        info < table.count
      else { return nil }
      self.name = name
      self.value = value
      isIndirect = table[info] & 0xf == 10
    }
  }
}
