/// A core as a capture leaves it, made of one that `CoreBuilder` builds: LOST and CAPTURE after the kernel's notes in a tail,
/// and no program header for memory that could not be saved.
public struct CapturedCore: Sendable {
  /// Bytes of a segment that could not be saved.
  public struct Loss: Sendable {
    public var segment: Int
    /// Of the segment's bytes.
    public var range: Range<Int>
    public var cause: UInt32

    public init(_ segment: Int, _ range: Range<Int>, cause: UInt32 = 6) {
      self.segment = segment
      self.range = range
      self.cause = cause
    }
  }

  public var builder: CoreBuilder
  /// The descriptor of the CAPTURE note.
  public var capture: [UInt8]
  public var losses: [Loss] = []
  /// Whether it has come to its end. Before that the table lies in the tail with spare entries, and the kernel's notes where the
  /// kernel put them.
  public var isFinished = true
  public var hasLostNote = true

  public init(_ builder: CoreBuilder, capture: [UInt8]) {
    self.builder = builder
    self.capture = capture
  }

  private struct Entry {
    var type: UInt32 = 1
    var flags: UInt32 = 0
    var offset: Int
    var address: UInt64 = 0
    var fileSize: Int
    var memorySize: UInt64 = 0
    var alignment: UInt64
  }

  /// Its bytes.
  public func build() -> [UInt8] {
    let whole = builder.build()
    var bytes = whole.bytes
    for loss in losses {
      let start = whole.segmentRanges[loss.segment].lowerBound
      for index in loss.range { bytes[start + index] = 0 }
    }
    bytes += [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096)
    let start = bytes.count
    if isFinished { bytes += whole.bytes[whole.notesRange] }
    if hasLostNote { bytes += builder.noteBytes(lostNote(whole)) }
    bytes += builder.noteBytes(BuilderNote("CORESALVAGE", 0x5341_4c06, capture))
    var entries = [Entry(type: 4, offset: start, fileSize: bytes.count - start, alignment: 4)]
    if !isFinished {
      let kernel = Entry(
        type: 4, offset: whole.notesRange.lowerBound, fileSize: whole.notesRange.count,
        alignment: 4)
      entries.insert(kernel, at: 0)
    }
    entries += segments(whole)
    var table = FieldWriter(builder.machine.format)
    for entry in entries {
      builder.writeProgramHeader(
        &table, type: entry.type, flags: entry.flags, offset: entry.offset,
        address: entry.address, fileSize: entry.fileSize, memorySize: entry.memorySize,
        alignment: entry.alignment)
    }
    if isFinished {
      put(table.bytes, at: whole.tableRange.lowerBound, in: &bytes)
      return withTable(at: whole.tableRange.lowerBound, entries.count, bytes)
    }
    bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    let spare = 3
    let place = bytes.count
    bytes += table.bytes
    bytes += [UInt8](repeating: 0, count: spare * builder.machine.format.programHeaderSize)
    return withTable(at: place, entries.count + spare, bytes)
  }

  private func segments(_ whole: BuiltCore) -> [Entry] {
    var entries: [Entry] = []
    for (index, segment) in builder.segments.enumerated() {
      let place = whole.segmentRanges[index]
      let lost = losses.filter { $0.segment == index }.map(\.range)
        .sorted { $0.lowerBound < $1.lowerBound }
      guard let bytes = segment.bytes, !lost.isEmpty else {
        entries.append(
          Entry(
            flags: segment.flags, offset: place.lowerBound, address: segment.address,
            fileSize: place.count, memorySize: segment.memorySize, alignment: 4096))
        continue
      }
      var position = 0
      for gap in lost + [bytes.count..<bytes.count] {
        if gap.lowerBound > position {
          entries.append(
            Entry(
              flags: segment.flags, offset: place.lowerBound + position,
              address: segment.address + UInt64(position), fileSize: gap.lowerBound - position,
              memorySize: UInt64(gap.lowerBound - position), alignment: 4096))
        }
        position = gap.upperBound
      }
    }
    return entries
  }

  private func lostNote(_ whole: BuiltCore) -> BuilderNote {
    var writer = FieldWriter(builder.machine.format)
    writer.word(1)  // version
    writer.word(40)  // bytes in each entry
    writer.quad(UInt64(losses.count))
    writer.quad(UInt64(whole.dueSize))  // size found
    writer.quad(UInt64(whole.dueSize))  // size due
    for loss in losses {
      let segment = builder.segments[loss.segment]
      writer.quad(segment.address + UInt64(loss.range.lowerBound))
      writer.quad(UInt64(loss.range.count))
      writer.quad(UInt64(whole.segmentRanges[loss.segment].lowerBound + loss.range.lowerBound))
      writer.word(UInt32(loss.segment + 1))  // number of the program header
      writer.word(segment.flags)
      writer.word(loss.cause)
      writer.word(1)  // dropped
    }
    return BuilderNote("CORESALVAGE", 0x5341_4c01, writer.bytes)
  }

  /// Gives the file header the place of the table and the count of its entries.
  private func withTable(at offset: Int, _ count: Int, _ bytes: [UInt8]) -> [UInt8] {
    let format = builder.machine.format
    var bytes = bytes
    var place = FieldWriter(format)
    place.native(UInt64(offset))
    put(place.bytes, at: format.is64Bit ? 32 : 28, in: &bytes)
    var number = FieldWriter(format)
    number.half(UInt16(count))
    put(number.bytes, at: format.is64Bit ? 56 : 44, in: &bytes)
    return bytes
  }

  private func put(_ part: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
    bytes.replaceSubrange(offset..<offset + part.count, with: part)
  }
}
