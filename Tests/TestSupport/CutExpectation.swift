/// What must become of a core when it is cut: worked out from the whole core, apart from any
/// repair.
public struct CutExpectation: Sendable {
  /// The size of the cut file.
  public let size: UInt64
  /// Program headers that are whole in it; 0 if the file header isn't.
  public let headers: Int
  /// Notes that are whole in it, padding aside.
  public let notes: [ReferenceNote]
  /// Threads whose NT_PRSTATUS is whole.
  public let threads: [ReferenceThread]
  /// Memory whose bytes are in it, by address, one range for each program header.
  public let surviving: [Range<UInt64>]
  /// Memory whose bytes were in the whole core and are not in it, in the order of the file, with
  /// cause 1 and state 1. Only of program headers that survived: the others are not known to the
  /// cut file.
  public let lost: [ReferenceLoss]

  public init(of whole: ReferenceCore, cutTo size: UInt64) throws {
    self.size = size
    let table = whole.tableRange
    let entrySize = UInt64(whole.format.programHeaderSize)
    let hasHeader = size >= UInt64(whole.format.fileHeaderSize)
    let tableEnd = hasHeader ? min(max(size, table.lowerBound), table.upperBound) : table.lowerBound
    headers = Int((tableEnd - table.lowerBound) / entrySize)
    let known = whole.segments.prefix(headers)

    var notes: [ReferenceNote] = []
    for segment in known where segment.isNote {
      notes += whole.notes.filter {
        segment.fileRange.contains($0.offset) && $0.offset + Self.unpaddedSize($0) <= size
      }
    }
    self.notes = notes
    threads = try notes.filter { $0.owner == "CORE" && $0.type == ReferenceNote.prstatus }
      .map { try ReferenceThread($0, whole.format) }

    var surviving: [Range<UInt64>] = []
    var lost: [ReferenceLoss] = []
    for segment in known where segment.isLoad && segment.fileSize > 0 {
      let kept = min(segment.fileSize, size - min(size, segment.offset))
      if kept > 0 { surviving.append(segment.address..<segment.address + kept) }
      guard kept < segment.fileSize else { continue }
      lost.append(
        ReferenceLoss(
          address: segment.address + kept, length: segment.fileSize - kept,
          offset: segment.offset + kept, header: UInt32(segment.index), flags: segment.flags,
          cause: 1, state: 1))
    }
    self.surviving = surviving.sorted { $0.lowerBound < $1.lowerBound }
    self.lost = lost.sorted { $0.offset < $1.offset }
  }

  /// The descriptor's end: a note that lacks only its padding tells all it had to tell.
  private static func unpaddedSize(_ note: ReferenceNote) -> UInt64 {
    let name = (note.owner.utf8.count + 1 + 3) / 4 * 4
    return UInt64(12 + name + note.descriptor.count)
  }
}
