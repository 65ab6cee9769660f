/// One entry of a table of relocations (`ElfN_Rel`, `ElfN_Rela`): what the dynamic linker puts where.
package struct Relocation: Hashable, Sendable {
  /// The address that it changes, as it was linked for.
  package var place: UInt64
  /// What it does, by a number of the machine's own.
  package var kind: UInt32
  /// The index of the symbol; 0 for none.
  package var symbol: UInt32
  /// nil in the form that keeps it where it is to be put.
  package var addend: UInt64?

  package static func entrySize(hasAddend: Bool, in format: ELFFormat) -> Int {
    (hasAddend ? 3 : 2) * format.wordSize
  }

  /// Reads the entry at `record`; nil where it is cut.
  package init?(_ bytes: Span<UInt8>, record: Int, hasAddend: Bool, in format: ELFFormat) {
    let size = format.wordSize
    guard let place = bytes.integer(at: record, size: size, format.byteOrder),
      let info = bytes.integer(at: record + size, size: size, format.byteOrder)
    else { return nil }
    self.place = place
    let shift: UInt64 = format.width == .bits64 ? 32 : 8
    symbol = UInt32(truncatingIfNeeded: info >> shift)
    kind = UInt32(truncatingIfNeeded: format.width == .bits64 ? info : info & 0xff)
    guard hasAddend else { return }
    guard let addend = bytes.integer(at: record + 2 * size, size: size, format.byteOrder) else {
      return nil
    }
    self.addend = addend
  }

  /// An entry that adds the bias to what stands at a place.
  package init(relativeAt place: UInt64, kind: UInt32) {
    self.place = place
    self.kind = kind
    symbol = 0
  }

  /// The places that a table of the packed form (`SHT_RELR`) names, as far as it goes; at most `limit`.
  package static func packedPlaces(
    _ bytes: Span<UInt8>, limit: Int, in format: ELFFormat
  ) -> [UInt64] {
    let size = format.wordSize
    let bits = UInt64(8 * size - 1)
    var places: [UInt64] = []
    var next: UInt64 = 0
    var offset = 0
    while let word = bytes.integer(at: offset, size: size, format.byteOrder), places.count < limit {
      offset += size
      guard word & 1 == 1 else {
        places.append(word)
        next = word &+ UInt64(size)
        continue
      }
      for bit in 0..<bits where word >> (bit + 1) & 1 == 1 {
        places.append(next &+ bit * UInt64(size))
      }
      next = next &+ bits * UInt64(size)
    }
    return places
  }

  /// The numbers of the kinds whose result can be told, on one machine.
  package struct Kinds: Sendable {
    /// The bias and the addend.
    package let relative: UInt32
    /// The address of a symbol, alone or with an addend that stands in the table.
    package let slots: Set<UInt32>
    /// The address of a symbol and the addend.
    package let absolute: UInt32

    package init?(_ machine: Machine) {
      switch machine {
      case .x86_64, .i386: (relative, slots, absolute) = (8, [6, 7], 1)
      case .aarch64: (relative, slots, absolute) = (1027, [1025, 1026], 257)
      case .arm: (relative, slots, absolute) = (23, [21, 22], 2)
      case .riscv: (relative, slots, absolute) = (3, [5], 2)
      case .ppc64: (relative, slots, absolute) = (22, [20, 21], 38)
      case .s390: (relative, slots, absolute) = (12, [10, 11], 22)
      default: return nil
      }
    }
  }
}
