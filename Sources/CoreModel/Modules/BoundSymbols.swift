internal import CoreIO
internal import ELFCore

/// Where the dynamic linker bound the symbols of some modules, as others that are known to be the right ones tell: the
/// slots of their relocations name a symbol, and hold the address that it had.
struct BoundSymbols {
  /// For each of the modules that are asked about: the names, and where each was, as it was linked for.
  private(set) var places: [[[UInt8]: Set<UInt64>]]

  private let targets: [(range: Range<UInt64>, bias: UInt64)]
  /// Of one witness no more are taken.
  private static let mostSlots = 1 << 14

  /// `targets` are the ranges of those modules and their biases, in order, and apart from one another.
  init(_ targets: [(range: Range<UInt64>, bias: UInt64)]) {
    self.targets = targets
    places = Array(repeating: [:], count: targets.count)
  }

  /// Adds what one witness tells of the others.
  mutating func ask(_ image: ModuleImage, of witness: Module, _ memory: inout MemoryPages) {
    guard let kinds = Relocation.Kinds(image.headers.header.machine) else { return }
    let slots = image.relocations { entry in
      entry.symbol != 0
        && (kinds.slots.contains(entry.kind) || entry.kind == kinds.absolute && entry.addend != nil)
    }
    var count = 0
    for slot in slots.sorted(by: { $0.place < $1.place }) where count < Self.mostSlots {
      guard let value = memory.word(at: witness.bias &+ slot.place) else { continue }
      let index = targets.partitioningIndex { $0.range.upperBound > value }
      guard index < targets.count, targets[index].range.contains(value),
        !targets[index].range.contains(witness.base)
      else { continue }
      count += 1
      guard let name = image.name(ofSymbol: slot.symbol) else { continue }
      let addend = slot.kind == kinds.absolute ? slot.addend ?? 0 : 0
      places[index][name, default: []].insert(value &- addend &- targets[index].bias)
    }
  }

  /// Holds the places of one module's symbols against its file.
  func compare(_ index: Int, with image: ModuleImage) -> FileEvidence.Tally {
    var tally = FileEvidence.Tally()
    guard !places[index].isEmpty else { return tally }
    var found: [[UInt8]: Set<UInt64>] = [:]
    var indirect: Set<[UInt8]> = []
    let wanted = places[index]
    let lengths = Set(wanted.keys.map(\.count))
    let strings = image.strings()
    let longest = (lengths.max() ?? 0) + 1
    image.forEachSymbol { symbol in
      guard symbol.name < UInt64(strings.count),
        let name = strings.span.cString(at: Int(symbol.name), limit: longest),
        lengths.contains(name.count), wanted[name] != nil
      else { return }
      if symbol.isIndirect { indirect.insert(name) }
      found[name, default: []].insert(symbol.value)
    }
    for (name, places) in wanted {
      // What has several versions may lie at any of their places. A name that the file has not tells nothing: somebody
      // else may have bound it.
      guard let known = found[name], !indirect.contains(name) else { continue }
      tally.add(!known.isDisjoint(with: places))
    }
    return tally
  }
}

/// Reads words of memory that lie near one another without a look-up for each.
struct MemoryPages {
  private let memory: CoreMemory
  private var start: UInt64 = 1
  private var bytes: [UInt8]?
  private static let size = 4096

  init(_ memory: CoreMemory) { self.memory = memory }

  /// A word; nil unless all of its page survived.
  mutating func word(at address: UInt64) -> UInt64? {
    let page = address & ~UInt64(Self.size - 1)
    if page != start {
      start = page
      bytes = (try? memory.bytes(at: page, count: Self.size)) ?? nil
    }
    let format = memory.format
    return bytes?.span.integer(
      at: Int(address - page), size: format.wordSize, format.byteOrder)
  }
}
