internal import ELFCore

/// The list of loaded modules that ld.so keeps for debuggers: `r_debug` and its chain of `link_map`.
struct LinkMap {
  /// A module: what its addresses are shifted by, and its path, empty for the program.
  struct Entry: Hashable, Sendable {
    let bias: UInt64
    let path: [UInt8]
  }

  let entries: [Entry]

  /// A chain that goes on longer, or in a ring, is damaged.
  private static let mostEntries = 4096

  /// Walks the chain from the program's DT_DEBUG on, as far as it survives. `base` is where the program's first byte lies.
  init(_ memory: CoreMemory, program: ELFImage, base: UInt64) {
    let format = program.header.format
    let size = format.wordSize
    func word(_ address: UInt64) -> UInt64? {
      memory.bytes(at: address, count: size).span.integer(at: 0, size: size, format.byteOrder)
    }
    func follow(_ address: UInt64?) -> UInt64? {
      address.flatMap { $0 == 0 ? nil : word($0) }
    }
    var entries: [Entry] = []
    let debug = Self.debugAddress(memory, program, base)
    var next = follow(debug.map { $0 &+ UInt64(size) })
    while let entry = next, entry != 0, entries.count < Self.mostEntries,
      let bias = word(entry), let name = word(entry &+ UInt64(size))
    {
      entries.append(Entry(bias: bias, path: memory.cString(at: name) ?? []))
      next = word(entry &+ UInt64(3 * size))
    }
    self.entries = entries
  }

  /// What DT_DEBUG of the program's dynamic section holds.
  private static func debugAddress(
    _ memory: CoreMemory, _ program: ELFImage, _ base: UInt64
  ) -> UInt64? {
    guard let dynamic = program.programHeaders.first(where: { $0.kind == .dynamic }) else {
      return nil
    }
    let size = program.header.format.wordSize
    let order = program.header.format.byteOrder
    let address = base &+ (dynamic.address &- program.firstAddress)
    let bytes = memory.bytes(at: address, count: Int(min(dynamic.memorySize, 16 << 10)))
    var position = 0
    while let tag = bytes.span.integer(at: position, size: size, order), tag != 0 {
      if tag == 21 { return bytes.span.integer(at: position + size, size: size, order) }
      position += 2 * size
    }
    return nil
  }
}
