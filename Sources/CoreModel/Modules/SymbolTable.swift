package import CoreIO
package import ELFCore

/// Names of functions by address, from the symbol tables of an ELF file. No debug information is read.
package struct SymbolTable {
  /// A function, and how far into it an address is.
  package struct Match: Hashable, Sendable {
    package let name: [UInt8]
    package let offset: UInt64
  }

  private let source: any ByteSource
  private let header: FileHeader

  /// Of a larger table nothing is read: who looks must not wait.
  private static let largestTable: UInt64 = 32 << 20
  private static let mostSections = 4096
  private static let longestName = 512
  /// Functions of a hostile table may all lie over each other.
  private static let mostSteps = 1 << 24

  /// A section header's fields that are needed.
  private struct Section {
    let type: UInt64
    let fileOffset: UInt64
    let size: UInt64
    let link: UInt64

    enum Layout {
      static let type = Field("sh_type", .word, at32: 4, at64: 4)
      static let fileOffset = Field("sh_offset", .native, at32: 16, at64: 24)
      static let size = Field("sh_size", .native, at32: 20, at64: 32)
      static let link = Field("sh_link", .word, at32: 24, at64: 40)
    }

    init?(_ bytes: Span<UInt8>, record: Int, in format: ELFFormat) {
      guard let type = Layout.type.read(bytes, record: record, in: format),
        let fileOffset = Layout.fileOffset.read(bytes, record: record, in: format),
        let size = Layout.size.read(bytes, record: record, in: format),
        let link = Layout.link.read(bytes, record: record, in: format)
      else { return nil }
      self.type = type
      self.fileOffset = fileOffset
      self.size = size
      self.link = link
    }
  }

  /// `ElfN_Sym`
  private enum Layout {
    static let name = Field("st_name", .word, at32: 0, at64: 0)
    static let value = Field("st_value", .native, at32: 4, at64: 8)
    static let size = Field("st_size", .native, at32: 8, at64: 16)
    static func info(_ format: ELFFormat) -> Int { format.width == .bits64 ? 4 : 12 }
    static func entrySize(_ format: ELFFormat) -> Int { format.width == .bits64 ? 24 : 16 }
  }

  package init(_ source: any ByteSource, _ header: FileHeader) {
    self.source = source
    self.header = header
  }

  /// The functions that hold addresses of the file, in the order of `addresses`, which are sorted.
  package func matches(_ addresses: [UInt64]) -> [Match?] {
    let none = [Match?](repeating: nil, count: addresses.count)
    let sections = sections
    // `.symtab` has all that `.dynsym` has, and the local functions.
    guard
      let table = sections.first(where: { $0.type == 2 })
        ?? sections.first(where: { $0.type == 11 }),
      table.size <= Self.largestTable, sections.indices.contains(Int(table.link))
    else { return none }
    let strings = sections[Int(table.link)]
    return best(addresses, in: table).enumerated().map { index, best in
      guard let best, best.name < strings.size,
        let bytes = try? source.bytes(
          at: strings.fileOffset &+ best.name, count: Self.longestName),
        let name = bytes.span.cString(at: 0, limit: Self.longestName), !name.isEmpty
      else { return nil }
      return Match(name: name, offset: addresses[index] &- best.value)
    }
  }

  /// The address of the variable of that name and size in `.symtab`; nil where there is none, or no such table.
  package func variable(_ name: String, size wantedSize: UInt64) -> UInt64? {
    let sections = sections
    guard let table = sections.first(where: { $0.type == 2 }),
      sections.indices.contains(Int(table.link))
    else { return nil }
    let strings = sections[Int(table.link)]
    let wanted = Array(name.utf8)
    var found: UInt64?
    forEachEntry(of: table) { span, record in
      // STT_OBJECT. Of those that have the size, few are looked at by name.
      guard found == nil, span[record + Layout.info(header.format)] & 0xf == 1,
        Layout.size.read(span, record: record, in: header.format) == wantedSize,
        let offset = Layout.name.read(span, record: record, in: header.format),
        offset < strings.size,
        let bytes = try? source.bytes(at: strings.fileOffset &+ offset, count: wanted.count + 1),
        bytes == wanted + [0]
      else { return }
      found = Layout.value.read(span, record: record, in: header.format)
    }
    return found
  }

  private var sections: [Section] {
    let format = header.format
    let size = Int(header.sectionHeaderEntrySize)
    guard header.sectionHeaderOffset > 0, size == format.sectionHeaderSize else { return [] }
    let count = min(Int(header.sectionHeaderCount), Self.mostSections)
    guard let bytes = try? source.bytes(at: header.sectionHeaderOffset, count: count * size) else {
      return []
    }
    return (0..<count).compactMap { Section(bytes.span, record: $0 * size, in: format) }
  }

  /// For each address the function that begins last before it and reaches over it.
  private func best(
    _ addresses: [UInt64], in table: Section
  ) -> [(name: UInt64, value: UInt64)?] {
    var best = [(name: UInt64, value: UInt64)?](repeating: nil, count: addresses.count)
    let format = header.format
    var steps = 0
    forEachEntry(of: table) { span, record in
      // STT_FUNC and STT_GNU_IFUNC
      let type = span[record + Layout.info(format)] & 0xf
      guard type == 2 || type == 10,
        var value = Layout.value.read(span, record: record, in: format),
        let size = Layout.size.read(span, record: record, in: format), size > 0
      else { return }
      // The lowest bit of an ARM function's address tells its instruction set.
      if header.machine == .arm { value &= ~1 }
      var index = addresses.partitioningIndex { $0 >= value }
      while index < addresses.count, addresses[index] &- value < size, steps < Self.mostSteps {
        steps += 1
        if best[index].map({ $0.value < value }) ?? true,
          let name = Layout.name.read(span, record: record, in: format)
        {
          best[index] = (name, value)
        }
        index += 1
      }
    }
    return best
  }

  /// Hands over every entry, as the bytes around it and where it begins in them.
  private func forEachEntry(of table: Section, _ body: (Span<UInt8>, Int) -> Void) {
    guard table.size <= Self.largestTable else { return }
    let entrySize = Layout.entrySize(header.format)
    var offset: UInt64 = 0
    while offset < table.size {
      let wanted = min(table.size - offset, UInt64(entrySize) * 4096)
      guard let bytes = try? source.bytes(at: table.fileOffset &+ offset, count: Int(wanted)),
        bytes.count >= entrySize
      else { return }
      let span = bytes.span
      for record in stride(from: 0, through: bytes.count - entrySize, by: entrySize) {
        body(span, record)
      }
      offset += UInt64(bytes.count)
    }
  }
}
