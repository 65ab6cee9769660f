package import CoreIO
package import ELFCore

extension LostNote {
  /// What stands before the entries.
  struct Head {
    let entrySize: UInt64
    let count: UInt64
    let sizeFound: UInt64
    let sizeDue: UInt64

    /// nil where its version or its sizes are none that we know.
    init?(
      _ descriptor: Range<UInt64>, of source: any ByteSource, _ order: ELFFormat.ByteOrder
    ) throws(SalvageError) {
      guard descriptor.length >= UInt64(LostNote.headerSize) else { return nil }
      let bytes = try source.bytes(at: descriptor.lowerBound, count: LostNote.headerSize)
      guard let version = bytes.span.integer(at: 0, size: 4, order), version == LostNote.version,
        let entrySize = bytes.span.integer(at: 4, size: 4, order),
        (UInt64(LostNote.entrySize)...LostNote.largestEntry).contains(entrySize),
        let count = bytes.span.integer(at: 8, size: 8, order),
        let sizeFound = bytes.span.integer(at: 16, size: 8, order),
        let sizeDue = bytes.span.integer(at: 24, size: 8, order),
        count <= (descriptor.length - UInt64(LostNote.headerSize)) / entrySize
      else { return nil }
      self.entrySize = entrySize
      self.count = count
      self.sizeFound = sizeFound
      self.sizeDue = sizeDue
    }
  }

  private static let largestEntry: UInt64 = 4096
  /// As many as the largest table of a core has entries.
  private static let mostEntries = 1 << 24

  /// Reads a descriptor in windows; nil where its version or its sizes are none that we know.
  ///
  /// A hole has no entries, whatever the count says: an entry of no length is none that anybody wrote.
  package init?(
    reading descriptor: Range<UInt64>, of source: any ByteSource, _ order: ELFFormat.ByteOrder
  ) throws(SalvageError) {
    guard let head = try Head(descriptor, of: source, order) else { return nil }
    self.init(sizeFound: head.sizeFound, sizeDue: head.sizeDue, ranges: [])
    try Self.forEachEntry(head, in: descriptor, of: source, order) { _, range in
      ranges.append(range)
    }
    isDamaged = UInt64(ranges.count) != head.count
  }

  /// Calls `body` with every entry that has a length, and its number.
  static func forEachEntry(
    _ head: Head, in descriptor: Range<UInt64>, of source: any ByteSource,
    _ order: ELFFormat.ByteOrder, _ body: (UInt64, LostRange) -> Void
  ) throws(SalvageError) {
    let size = head.entrySize
    let start = descriptor.lowerBound + UInt64(Self.headerSize)
    let list = start..<start + head.count * size
    let perRead = (256 << 10) / size
    var index: UInt64 = 0
    var taken = 0
    while index < head.count, taken < mostEntries,
      let data = source.firstData(in: start + index * size..<list.upperBound)
    {
      index = max(index, (data.lowerBound - start) / size)
      let end = min(head.count, (data.upperBound - start + size - 1) / size)
      while index < end, taken < mostEntries {
        let bytes = try source.bytes(
          at: start + index * size, count: Int(min(perRead, end - index) * size))
        let found = bytes.count / Int(size)
        guard found > 0 else { return }
        for entry in 0..<found {
          let range = LostRange(bytes.span, at: entry * Int(size), order)
          guard range.length > 0 else { continue }
          taken += 1
          body(index + UInt64(entry), range)
        }
        index += UInt64(found)
      }
    }
  }
}

extension RebuiltNote {
  private static let longestPath = 64 << 10

  /// Reads a descriptor; nil where its list is none that we know. Paths that are missing are empty.
  package init?(
    reading descriptor: Range<UInt64>, of source: any ByteSource, _ order: ELFFormat.ByteOrder
  ) throws(SalvageError) {
    guard let head = try LostNote.Head(descriptor, of: source, order) else { return nil }
    list = LostNote(sizeFound: head.sizeFound, sizeDue: head.sizeDue, ranges: [])
    paths = []
    var numbers: [UInt64] = []
    try LostNote.forEachEntry(head, in: descriptor, of: source, order) { number, range in
      list.ranges.append(range)
      numbers.append(number)
    }
    list.isDamaged = UInt64(list.ranges.count) != head.count
    try readPaths(
      of: numbers,
      in: descriptor.lowerBound + UInt64(LostNote.headerSize) + head.count
        * head.entrySize..<descriptor.upperBound, source)
  }

  /// Reads the paths of the entries with these numbers: each path ends with a NUL, and a hole is empty ones.
  private mutating func readPaths(
    of numbers: [UInt64], in range: Range<UInt64>, _ source: any ByteSource
  ) throws(SalvageError) {
    paths = [[UInt8]](repeating: [], count: numbers.count)
    var position = range.lowerBound
    var number: UInt64 = 0
    var next = 0
    while position < range.upperBound, next < numbers.count {
      let data = source.firstData(in: position..<range.upperBound)
      let hole = (data?.lowerBound ?? range.upperBound) - position
      number += hole
      position += hole
      guard let data else { return }
      while position < data.upperBound, next < numbers.count {
        let bytes = try source.bytes(
          at: position, count: Int(min(256 << 10, data.upperBound - position)))
        guard !bytes.isEmpty else { return }
        position += UInt64(bytes.count)
        for byte in bytes {
          while next < numbers.count, numbers[next] < number { next += 1 }
          guard next < numbers.count else { return }
          if byte == 0 {
            number += 1
          } else if numbers[next] == number, paths[next].count < Self.longestPath {
            paths[next].append(byte)
          }
        }
      }
    }
  }
}

extension LostRange {
  /// An entry of the list.
  fileprivate init(_ bytes: Span<UInt8>, at record: Int, _ order: ELFFormat.ByteOrder) {
    func wide(_ offset: Int) -> UInt64 {
      bytes.integer(at: record + offset, size: 8, order) ?? 0
    }
    func narrow(_ offset: Int) -> UInt32 {
      UInt32(bytes.integer(at: record + offset, size: 4, order) ?? 0)
    }
    self.init(
      address: wide(0), length: wide(8), fileOffset: wide(16), headerIndex: narrow(24),
      flags: .init(rawValue: narrow(28)), cause: .init(rawValue: narrow(32)),
      state: .init(rawValue: narrow(36)))
  }
}
