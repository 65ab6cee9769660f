internal import CoreIO
internal import ELFCore

/// A module's file by the addresses that it was linked for. It is held open for as long as it is asked.
final class ModuleImage {
  let headers: ImageHeaders
  let loads: [ProgramHeader]
  let dynamic: DynamicSection?
  private let module: ModuleFile
  private let file: InputFile

  private static let largestTable: UInt64 = 16 << 20
  private static let longestName = 4096

  /// nil where it can't be read any more.
  init?(_ module: ModuleFile) {
    guard let file = try? module.open() else { return nil }
    self.module = module
    self.file = file
    headers = module.headers
    loads = module.headers.loads
    dynamic = try? module.dynamicSection()
  }

  var format: ELFFormat { headers.format }

  /// Its code, in order. A segment that may be run can hold much else: linkers put all that is read-only into one for
  /// long, and pointers to that stand on stacks too. So only the sections tell.
  var code: [Range<UInt64>] {
    let sections = module.codeSections.filter(\.isPresent).map(\.range)
      .filter { range in !range.isEmpty && loads.contains { $0.contains(range) } }
      .sorted { $0.lowerBound < $1.lowerBound }
    var result: [Range<UInt64>] = []
    // Hostile ones may lie over each other.
    for range in sections where result.last.map({ $0.upperBound <= range.lowerBound }) ?? true {
      result.append(range)
    }
    return result
  }

  /// All that it asks for of memory.
  var range: Range<UInt64> {
    let start = loads.first?.address ?? 0
    return start..<max(start, loads.last?.addressEnd ?? 0)
  }

  /// Up to `count` bytes from an address on; fewer where the file ends, or the segment.
  func bytes(at address: UInt64, count: Int) -> [UInt8] {
    guard count > 0,
      let load = loads.last(where: { $0.address <= address }),
      address - load.address < load.fileSize
    else { return [] }
    let delta = address - load.address
    let (offset, overflow) = load.fileOffset.addingReportingOverflow(delta)
    let there = Int(min(UInt64(count), load.fileSize - delta))
    return overflow ? [] : (try? file.bytes(at: offset, count: there)) ?? []
  }

  func word(at address: UInt64) -> UInt64? {
    bytes(at: address, count: format.wordSize).span
      .integer(at: 0, size: format.wordSize, format.byteOrder)
  }

  // MARK: Relocations

  /// Those of the kinds that are wanted, from all its tables.
  func relocations(where isWanted: (Relocation) -> Bool) -> [Relocation] {
    guard let dynamic else { return [] }
    func value(_ tag: DynamicSection.Tag) -> UInt64? { dynamic.first(tag)?.value }
    var result: [Relocation] = []
    func add(_ table: DynamicSection.Tag, _ size: DynamicSection.Tag, hasAddend: Bool) {
      guard let start = value(table), let length = value(size) else { return }
      let bytes = bytes(at: start, count: Int(min(length, Self.largestTable)))
      let step = Relocation.entrySize(hasAddend: hasAddend, in: format)
      for record in stride(from: 0, through: bytes.count - step, by: step) {
        if let entry = Relocation(
          bytes.span, record: record, hasAddend: hasAddend, in: format), isWanted(entry)
        {
          result.append(entry)
        }
      }
    }
    add(.rela, .relaSize, hasAddend: true)
    add(.rel, .relSize, hasAddend: false)
    add(
      .jumpRelocations, .jumpRelocationsSize,
      hasAddend: value(.jumpRelocationsForm) == DynamicSection.Tag.rela.rawValue)
    return result
  }

  /// The places of the packed table, which are all relative.
  func packedPlaces(limit: Int) -> [UInt64] {
    guard let start = dynamic?.first(.relr)?.value, let length = dynamic?.first(.relrSize)?.value
    else { return [] }
    let bytes = bytes(at: start, count: Int(min(length, Self.largestTable)))
    return Relocation.packedPlaces(bytes.span, limit: limit, in: format)
  }

  // MARK: Functions

  /// Where the functions begin that some addresses are in, as the file itself says: by its symbols, and by the table for
  /// who unwinds a stack.
  func functions(holding addresses: Set<UInt64>) -> [UInt64: UInt64] {
    var starts: [UInt64: UInt64] = [:]
    guard !addresses.isEmpty else { return starts }
    let sorted = addresses.sorted()
    func add(_ start: UInt64, of address: UInt64) {
      starts[address] = max(start, starts[address] ?? 0)
    }
    for (address, match) in zip(sorted, SymbolTable(file, headers.header).matches(sorted)) {
      if let match { add(address - match.offset, of: address) }
    }
    guard let segment = headers.first(.frameTable) else { return starts }
    let size = Int(min(segment.fileSize, Self.largestTable))
    let table = FrameTable(
      bytes(at: segment.address, count: size), at: segment.address, in: format)
    for address in sorted {
      if let start = table?.function(before: address) { add(start, of: address) }
    }
    return starts
  }

  // MARK: Symbols

  /// The name of the symbol of an index.
  func name(ofSymbol index: UInt32) -> [UInt8]? {
    let size = DynamicSymbols.entrySize(in: format)
    guard index > 0, let table = dynamic?.first(.symbolTable)?.value else { return nil }
    let bytes = bytes(at: table &+ UInt64(index) * UInt64(size), count: size)
    return DynamicSymbols.Entry(bytes.span, record: 0, in: format).flatMap(name)
  }

  func name(of symbol: DynamicSymbols.Entry) -> [UInt8]? {
    guard let strings = dynamic?.first(.stringTable)?.value else { return nil }
    let bytes = bytes(at: strings &+ symbol.name, count: Self.longestName)
    guard let name = bytes.span.cString(at: 0, limit: Self.longestName), !name.isEmpty else {
      return nil
    }
    return name
  }

  /// Every symbol that has a value. Linkers put the strings right after the symbols; where they don't, what is read
  /// beyond the last one means nothing, and is asked for nothing.
  func forEachSymbol(_ body: (DynamicSymbols.Entry) -> Void) {
    guard let table = dynamic?.first(.symbolTable)?.value,
      let strings = dynamic?.first(.stringTable)?.value
    else { return }
    let size = DynamicSymbols.entrySize(in: format)
    let length = strings > table ? min(strings - table, Self.largestTable) : 1 << 20
    let bytes = bytes(at: table, count: Int(length))
    for record in stride(from: 0, through: bytes.count - size, by: size) {
      if let entry = DynamicSymbols.Entry(bytes.span, record: record, in: format), entry.value != 0
      {
        body(entry)
      }
    }
  }

  /// A table of all strings, to look many names up in.
  func strings() -> [UInt8] {
    guard let start = dynamic?.first(.stringTable)?.value,
      let length = dynamic?.first(.stringSize)?.value
    else { return [] }
    return bytes(at: start, count: Int(min(length, Self.largestTable)))
  }
}

extension ProgramHeader {
  /// Whether it may be run, and its memory holds the range.
  fileprivate func contains(_ range: Range<UInt64>) -> Bool {
    flags.contains(.execute) && address <= range.lowerBound && range.upperBound <= addressEnd
  }
}
