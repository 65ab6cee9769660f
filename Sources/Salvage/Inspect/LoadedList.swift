internal import CoreModel
internal import ELFCore

/// The list of loaded modules that ld.so keeps for debuggers: `r_debug` and its chain of `link_map`.
package struct LoadedList {
  /// A module: what its addresses are shifted by, and its path, empty for the program.
  package struct Entry: Hashable, Sendable {
    package let bias: UInt64
    package let path: [UInt8]
  }

  package let entries: [Entry]

  /// A chain that goes on longer, or in a ring, is damaged.
  private static let mostEntries = 4096

  /// Walks the chain from the program's DT_DEBUG on, as far as it survives. `base` is where the program's first byte lies.
  init(_ memory: CoreMemory, program: ImageHeaders, base: UInt64) {
    let format = program.format
    let size = format.wordSize
    func word(_ address: UInt64) -> UInt64? {
      memory.readable(at: address, count: size).span.integer(at: 0, size: size, format.byteOrder)
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
    _ memory: CoreMemory, _ program: ImageHeaders, _ base: UInt64
  ) -> UInt64? {
    guard let segment = program.first(.dynamic) else { return nil }
    let address = base &+ (segment.address &- program.firstAddress)
    let size = Int(min(segment.memorySize, DynamicSection.largestSize))
    let bytes = memory.readable(at: address, count: size)
    return DynamicSection(bytes.span, in: program.format).first(.debug)?.value
  }
}
