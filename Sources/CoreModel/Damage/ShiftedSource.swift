package import CoreIO
package import SystemPackage

/// An input whose pieces were put back to where they belong. What lies between them is lost, and reads as zeros.
package struct ShiftedSource: ByteSource {
  package let base: any ByteSource
  private let pieces: [OffsetSurvey.Piece]
  package let size: UInt64

  package init(_ base: any ByteSource, _ survey: OffsetSurvey) {
    self.base = base
    pieces = survey.pieces
    size = pieces.last?.due.upperBound ?? 0
  }

  package var path: FilePath { base.path }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let wanted = offset..<offset + min(UInt64(buffer.count), size - offset)
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(wanted.length)])
    unsafe part.initializeMemory(as: UInt8.self, repeating: 0)
    for piece in touched(wanted) {
      let due = piece.due.clamped(to: wanted)
      guard let found = due.moved(by: piece.move) else { continue }
      let start = Int(due.lowerBound - offset)
      let count = try unsafe base.read(
        at: found.lowerBound,
        into: UnsafeMutableRawBufferPointer(rebasing: part[start..<start + Int(due.length)]))
      guard count == Int(due.length) else { return start + count }
    }
    return part.count
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    for piece in touched(range) {
      let due = piece.due.clamped(to: range)
      guard let found = due.moved(by: piece.move), let data = base.firstData(in: found) else {
        continue
      }
      let start = due.lowerBound + (data.lowerBound - found.lowerBound)
      return start..<start + data.length
    }
    return nil
  }

  package func confirmSize() throws(SalvageError) { try base.confirmSize() }

  package var unreadable: [Range<UInt64>] { base.unreadable.flatMap(moved) }

  /// Where a range of the input belongs.
  package func moved(_ range: Range<UInt64>) -> [Range<UInt64>] {
    pieces.compactMap { piece in
      let part = range.clamped(to: piece.found)
      return part.isEmpty ? nil : part.moved(by: -piece.move)
    }
  }

  private func touched(_ range: Range<UInt64>) -> ArraySlice<OffsetSurvey.Piece> {
    guard !range.isEmpty else { return [] }
    let first = pieces.partitioningIndex { $0.due.upperBound > range.lowerBound }
    let end = pieces.partitioningIndex { $0.due.lowerBound >= range.upperBound }
    return pieces[first..<max(first, end)]
  }
}
