/// NT_FILE: which ranges of memory were mapped from which files.
///
/// Entries come in the order of the core's segments, which is not always that of their addresses.
package struct MappedFiles: Hashable, Sendable {
  /// One mapping. `range` is never empty.
  package struct Entry: Hashable, Sendable {
    package var range: Range<UInt64>
    /// Where in the file the mapping begins, in bytes.
    package var fileOffset: UInt64
    /// The path as the kernel named it, raw.
    package var path: [UInt8]

    package init(range: Range<UInt64>, fileOffset: UInt64, path: [UInt8]) {
      self.range = range
      self.fileOffset = fileOffset
      self.path = path
    }
  }

  /// The unit of `fileOffset` in the note: the page size.
  package var pageSize: UInt64
  package var entries: [Entry]

  package init(pageSize: UInt64, entries: [Entry]) {
    self.pageSize = pageSize
    self.entries = entries
  }

  /// Reads a descriptor: count, page size, then count × (start, end, offset in pages), then as many C strings.
  /// Entries that are empty or reversed are left out; nil where the counts can't be true.
  package init?(_ descriptor: Span<UInt8>, in format: ELFFormat) {
    let size = format.wordSize
    guard let count = descriptor.integer(at: 0, size: size, format.byteOrder),
      let pageSize = descriptor.integer(at: size, size: size, format.byteOrder),
      // An entry has three words and at least the NUL of its name.
      count <= UInt64((descriptor.count - 2 * size) / (3 * size + 1))
    else { return nil }
    var entries: [Entry] = []
    entries.reserveCapacity(Int(count))
    var name = (2 + 3 * Int(count)) * size
    for index in 0..<Int(count) {
      let record = (2 + 3 * index) * size
      guard let start = descriptor.integer(at: record, size: size, format.byteOrder),
        let end = descriptor.integer(at: record + size, size: size, format.byteOrder),
        let page = descriptor.integer(at: record + 2 * size, size: size, format.byteOrder),
        let path = descriptor.cString(at: name, limit: Int.max, unless: entries.last?.path)
      else { return nil }
      name += path.count + 1
      let (offset, overflow) = page.multipliedReportingOverflow(by: pageSize)
      guard start < end, !overflow else { continue }
      entries.append(Entry(range: start..<end, fileOffset: offset, path: path))
    }
    self.init(pageSize: pageSize, entries: entries)
  }
}

extension MappedFiles {
  /// The descriptor; nil where an offset is no multiple of the page size.
  package func descriptor(in format: ELFFormat) -> [UInt8]? {
    guard pageSize > 0 else { return nil }
    let size = format.wordSize
    var bytes: [UInt8] = []
    bytes.append(UInt64(entries.count), size: size, format.byteOrder)
    bytes.append(pageSize, size: size, format.byteOrder)
    for entry in entries {
      guard entry.fileOffset % pageSize == 0 else { return nil }
      bytes.append(entry.range.lowerBound, size: size, format.byteOrder)
      bytes.append(entry.range.upperBound, size: size, format.byteOrder)
      bytes.append(entry.fileOffset / pageSize, size: size, format.byteOrder)
    }
    for entry in entries { bytes += entry.path + [0] }
    return bytes
  }
}

extension MappedFiles {
  /// Whether a descriptor is a list as Linux, gdb and .NET's createdump write it: every mapping has a length and a name, and
  /// nothing follows the names but the zeros by which createdump makes its length a multiple of four. Names are found by
  /// counting: where one byte of them is wrong, another file would stand for a mapping.
  package static func isSound(_ descriptor: Span<UInt8>, in format: ELFFormat) -> Bool {
    // MIPS n32 has words of 8 bytes in a 32-bit file.
    isSound(descriptor, wordSize: format.wordSize, format.byteOrder)
      || isSound(descriptor, wordSize: 8, format.byteOrder)
  }

  private static func isSound(
    _ descriptor: Span<UInt8>, wordSize size: Int, _ order: ELFFormat.ByteOrder
  ) -> Bool {
    guard descriptor.count >= 2 * size, let count = descriptor.integer(at: 0, size: size, order),
      count <= UInt64((descriptor.count - 2 * size) / (3 * size + 1))
    else { return false }
    for index in 0..<Int(count) {
      let record = (2 + 3 * index) * size
      guard let start = descriptor.integer(at: record, size: size, order),
        let end = descriptor.integer(at: record + size, size: size, order), start < end
      else { return false }
    }
    var names = 0
    var isInName = false
    for position in (2 + 3 * Int(count)) * size..<descriptor.count {
      guard descriptor[position] == 0 else {
        isInName = true
        continue
      }
      guard isInName else {
        return names == Int(count) && descriptor.count % 4 == 0 && descriptor.count - position < 4
          && (position..<descriptor.count).allSatisfy { descriptor[$0] == 0 }
      }
      isInName = false
      names += 1
    }
    return names == Int(count) && !isInName
  }
}
