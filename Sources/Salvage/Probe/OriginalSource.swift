internal import ELFCore
package import SystemPackage

/// A repaired core as it was before its repair: the HEAD note has the bytes that were written over, the LOST note
/// the size, and all else stands where it stood.
package struct OriginalSource: ByteSource {
  package let path: FilePath
  package let size: UInt64
  /// What its repair found lost.
  package let lost: [LostRange]
  private let repaired: any ByteSource
  /// Bytes that stood elsewhere, by offset.
  private var runs: [(offset: UInt64, bytes: [UInt8])] = []

  /// Headers, and the program header table of the largest core that Linux can write.
  private static let mostBytes: UInt64 = 64 << 20

  /// nil where the core has none of our notes, or they are not enough to tell how it was.
  package init?(
    _ repaired: any ByteSource, _ structure: CoreStructure
  ) throws(SalvageError) {
    let order = structure.format.byteOrder
    func last(_ kind: Note.Kind) -> Note? {
      structure.notes.last { $0.owner == SalvageNote.owner && $0.kind == kind }
    }
    guard let lost = last(SalvageNote.lost), let head = last(SalvageNote.head),
      max(head.descriptorSize, lost.descriptorSize) <= Self.mostBytes
    else { return nil }
    let list = try repaired.bytes(at: lost.descriptorOffset, count: Int(lost.descriptorSize))
    guard let note = LostNote(list.span, order), note.sizeFound <= repaired.size else { return nil }
    path = repaired.path
    size = note.sizeFound
    self.lost = note.ranges
    self.repaired = repaired
    let bytes = try repaired.bytes(at: head.descriptorOffset, count: Int(head.descriptorSize))
    var position = 0
    while let offset = bytes.span.integer(at: position, size: 8, order),
      let length = bytes.span.integer(at: position + 8, size: 8, order)
    {
      guard length <= UInt64(bytes.count - position - 16), offset <= size,
        length <= size - offset, runs.count < HeadRuns.mostRuns
      else { return nil }
      let start = position + 16
      runs.append((offset, Array(bytes[start..<start + Int(length)])))
      position = start + Int(roundUp(length, to: 4))
    }
  }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let wanted = Int(min(UInt64(buffer.count), size - offset))
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
    let count = unsafe try repaired.read(at: offset, into: part)
    for run in runs where run.offset < offset + UInt64(count) {
      let end = run.offset + UInt64(run.bytes.count)
      guard end > offset else { continue }
      let hit = max(run.offset, offset)..<min(end, offset + UInt64(count))
      let bytes = run.bytes[
        Int(hit.lowerBound - run.offset)..<Int(hit.upperBound - run.offset)]
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: part[Int(hit.lowerBound - offset)...])
      unsafe target.copyBytes(from: bytes)
    }
    return count
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    repaired.firstData(in: range)
  }
}
