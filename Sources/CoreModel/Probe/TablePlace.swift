internal import CoreIO
internal import ELFCore

/// Where the program header table stands, where the file header can't be right about that.
///
/// The first entry of the kernel's cores is the PT_NOTE, and its notes begin where the table ends. A header that names another end, or
/// another place, beside an entry and notes that agree with each other, has been damaged: a single wrong bit in it would have
/// all memory named by entries that are none.
struct TablePlace {
  private let source: any ByteSource
  /// What is there of the source.
  private let present: DamageMap
  private let format: ELFFormat

  /// The header, with the place and the count that are there.
  private(set) var header: FileHeader
  /// What the file header says instead, in words that are safe to print; nil where nothing speaks against it.
  private(set) var damage: String?
  /// Whether the first entry and the notes that it names agree about a table there.
  private(set) var isProven = false

  init(
    _ header: FileHeader, _ source: any ByteSource, _ present: DamageMap
  ) throws(SalvageError) {
    self.source = source
    self.present = present
    self.header = header
    format = header.format
    guard Int(header.programHeaderEntrySize) == format.programHeaderSize,
      header.programHeaderCount != FileHeader.noCount
    else { return }
    try judge()
  }

  private mutating func judge() throws(SalvageError) {
    let named = UInt64(header.programHeaderCount)
    let offset = header.programHeaderOffset
    let there = try count(at: offset)
    guard there == 0 else {
      isProven = true
      guard there != named, try holdsEntries(max(1, named)..<max(1, named, there)) else { return }
      header.programHeaderCount = UInt16(there)
      damage =
        "\(counted(named, "program header")), and the first notes stand right behind \(there)"
      return
    }
    // More than one wrong byte is no reason to look elsewhere: a repair has its table at the end, and leaves the old one; but that
    // has fewer entries.
    let start = UInt64(format.fileHeaderSize)
    guard (0..<8).contains(where: { (offset ^ start) & ~(0xff << (8 * $0)) == 0 }),
      offset != start, try entry(at: offset)?.kind != .note,
      try count(at: start) == named
    else { return }
    isProven = true
    header.programHeaderOffset = start
    damage =
      "that its table is at offset \(offset), where there is none; one of as many program headers stands at \(start)"
  }

  /// How many entries stand between a place and the first notes, by the first entry; 0 where it names no notes that are there
  /// right behind the last of some.
  private func count(at offset: UInt64) throws(SalvageError) -> UInt64 {
    guard let first = try entry(at: offset), first.kind == .note, first.fileOffset > offset,
      first.fileOffset < source.size
    else { return 0 }
    let size = UInt64(format.programHeaderSize)
    let count = (first.fileOffset - offset) / size
    guard (first.fileOffset - offset) % size == 0, count < UInt64(FileHeader.noCount) else {
      return 0
    }
    var reader = NoteReader(source, present, format)
    guard let note = try reader.note(at: first.fileOffset, alignment: 4), KnownNotes.knows(note)
    else { return 0 }
    return count
  }

  /// Whether entries that the header doesn't count are some. Those that it counts beyond the first notes never were: a table
  /// that would reach into them was never written.
  private func holdsEntries(_ numbers: Range<UInt64>) throws(SalvageError) -> Bool {
    for number in numbers {
      let offset = header.programHeaderOffset + number * UInt64(format.programHeaderSize)
      guard let next = try entry(at: offset), next.kind == .load, Self.isSegment(next),
        next.fileOffset >= offset
      else { return false }
    }
    return true
  }

  private func entry(at offset: UInt64) throws(SalvageError) -> ProgramHeader? {
    let size = UInt64(format.programHeaderSize)
    guard source.size >= size, offset <= source.size - size,
      present.survives(offset..<offset + size)
    else { return nil }
    let bytes = try source.bytes(at: offset, count: Int(size))
    return ProgramHeader(bytes.span, in: format)
  }

  /// Whether it can be an entry of a core.
  private static func isSegment(_ entry: ProgramHeader) -> Bool {
    guard entry.fileEnd != nil else { return false }
    switch entry.kind {
    case .note: return true
    case .load: return entry.address % 4096 == 0 && entry.fileSize <= entry.memorySize
    default: return false
    }
  }
}
