/// NT_AUXV: what the kernel told the program at its start, as pairs of a key and a value.
package struct AuxiliaryVector: Hashable, Sendable {
  /// `AT_…`, an open set.
  package struct Key: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static let null = Key(rawValue: 0)
    /// `AT_PHDR`: where the program's program header table lies in memory.
    package static let programHeaders = Key(rawValue: 3)
    package static let programHeaderSize = Key(rawValue: 4)
    package static let programHeaderCount = Key(rawValue: 5)
    package static let pageSize = Key(rawValue: 6)
    /// `AT_BASE`: where the program's interpreter (ld.so) lies; 0 for a static program.
    package static let base = Key(rawValue: 7)
    package static let entry = Key(rawValue: 9)
    package static let userID = Key(rawValue: 11)
    /// `AT_PLATFORM`: where the machine's name lies, on the main stack.
    package static let platform = Key(rawValue: 15)
    /// `AT_SECURE`: not 0 where the program was started with rights that its caller didn't have.
    package static let isSecure = Key(rawValue: 23)
    /// `AT_RANDOM`: where sixteen random bytes lie, on the main stack.
    package static let random = Key(rawValue: 25)
    /// `AT_EXECFN`: where the program's path as it was executed lies, on the main stack.
    package static let executableName = Key(rawValue: 31)
    /// `AT_SYSINFO_EHDR`: where the vdso lies.
    package static let vdso = Key(rawValue: 33)
  }

  private struct Pair: Hashable {
    let key: Key
    let value: UInt64
  }

  /// In their order. There are some twenty, and most of them are never asked for.
  private var pairs: [Pair] = []

  /// No kernel gives a tenth of that.
  private static let mostPairs = 1024

  /// Reads a descriptor as far as it goes, at most to `AT_NULL`.
  package init(_ descriptor: Span<UInt8>, in format: ELFFormat) {
    let size = format.wordSize
    var offset = 0
    while let key = descriptor.integer(at: offset, size: size, format.byteOrder),
      let value = descriptor.integer(at: offset + size, size: size, format.byteOrder), key != 0,
      pairs.count < Self.mostPairs
    {
      pairs.append(Pair(key: Key(rawValue: key), value: value))
      offset += 2 * size
    }
  }

  /// As getauxval() does, the first of a key counts.
  package subscript(key: Key) -> UInt64? {
    pairs.first { $0.key.rawValue == key.rawValue }?.value
  }

  package var isEmpty: Bool { pairs.isEmpty }

  /// Whether a descriptor is pairs up to `AT_NULL`, and nothing but zeros follows it.
  package static func isSound(_ descriptor: Span<UInt8>, in format: ELFFormat) -> Bool {
    let size = format.wordSize
    var offset = 0
    while let key = descriptor.integer(at: offset, size: size, format.byteOrder), key != 0 {
      offset += 2 * size
    }
    guard offset < descriptor.count, descriptor.count % (2 * size) == 0 else { return false }
    for position in offset..<descriptor.count where descriptor[position] != 0 { return false }
    return true
  }
}
