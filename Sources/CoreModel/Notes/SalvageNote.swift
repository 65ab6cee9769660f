package import ELFCore

/// The notes that we write into a core. See coresalvage-format(5).
package enum SalvageNote {
  package static let owner = Array("CORESALVAGE".utf8)

  /// Types far above the kernel's: gdb takes a small type number for its own whatever the owner says.
  package static let lost = Note.Kind(rawValue: 0x5341_4C01)
  package static let origin = Note.Kind(rawValue: 0x5341_4C02)
  package static let rebuilt = Note.Kind(rawValue: 0x5341_4C03)
  package static let file = Note.Kind(rawValue: 0x5341_4C04)
  package static let head = Note.Kind(rawValue: 0x5341_4C05)
  package static let capture = Note.Kind(rawValue: 0x5341_4C06)
  package static let slim = Note.Kind(rawValue: 0x5341_4C07)
  package static let doubt = Note.Kind(rawValue: 0x5341_4C08)

  /// The bytes of one of our notes.
  package static func bytes(_ kind: Note.Kind, _ descriptor: [UInt8], in format: ELFFormat)
    -> [UInt8]
  {
    var bytes = header(kind, descriptorSize: UInt64(descriptor.count), in: format)
    bytes.append(contentsOf: descriptor)
    bytes.pad(to: 4)
    return bytes
  }

  /// The beginning of one of our notes, whose descriptor comes from elsewhere.
  package static func header(
    _ kind: Note.Kind, descriptorSize: UInt64, in format: ELFFormat
  ) -> [UInt8] {
    Note.header(kind: kind, owner: owner, descriptorSize: descriptorSize, in: format)
  }
}

/// The descriptor of the LOST note.
package struct LostNote: Hashable, Sendable {
  package var sizeFound: UInt64
  /// 0 where it can't be had.
  package var sizeDue: UInt64
  package var ranges: [LostRange]
  /// Whether it was read from a note of which entries are missing.
  package var isDamaged = false

  package init(sizeFound: UInt64, sizeDue: UInt64, ranges: [LostRange]) {
    self.sizeFound = sizeFound
    self.sizeDue = sizeDue
    self.ranges = ranges
  }

  package static let version: UInt64 = 1
  package static let headerSize = 32
  package static let entrySize = 40

  /// Of the descriptor, in bytes.
  package var descriptorSize: Int { Self.headerSize + Self.entrySize * ranges.count }

  /// The descriptor, in the core's byte order; widths are the same in both classes.
  package func descriptor(_ order: ELFFormat.ByteOrder) -> [UInt8] {
    descriptor(in: 0..<descriptorSize, order)
  }

  /// Some of its bytes: only the entries that they are part of are looked at.
  package func descriptor(in range: Range<Int>, _ order: ELFFormat.ByteOrder) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    func entry(at position: Int) -> Int { max(0, position - Self.headerSize) / Self.entrySize }
    let entries =
      entry(at: range.lowerBound)..<min(ranges.count, entry(at: range.upperBound - 1) + 1)
    let hasHeader = range.lowerBound < Self.headerSize
    let start = hasHeader ? 0 : Self.headerSize + Self.entrySize * entries.lowerBound
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headerSize + Self.entrySize * entries.count)
    if hasHeader { appendHeader(to: &bytes, order) }
    for range in ranges[entries] { range.append(to: &bytes, order) }
    let wanted = range.lowerBound - start..<range.upperBound - start
    return wanted == bytes.indices ? bytes : Array(bytes[wanted])
  }

  private func appendHeader(to bytes: inout [UInt8], _ order: ELFFormat.ByteOrder) {
    bytes.append(Self.version, size: 4, order)
    bytes.append(UInt64(Self.entrySize), size: 4, order)
    bytes.append(UInt64(ranges.count), size: 8, order)
    bytes.append(sizeFound, size: 8, order)
    bytes.append(sizeDue, size: 8, order)
  }
}

extension LostRange {
  /// As an entry of the LOST note.
  fileprivate func append(to bytes: inout [UInt8], _ order: ELFFormat.ByteOrder) {
    bytes.append(address, size: 8, order)
    bytes.append(length, size: 8, order)
    bytes.append(fileOffset, size: 8, order)
    bytes.append(UInt64(rawHeader), size: 4, order)
    bytes.append(UInt64(flags.rawValue), size: 4, order)
    bytes.append(UInt64(cause.rawValue), size: 4, order)
    bytes.append(UInt64(state.rawValue), size: 4, order)
  }
}
