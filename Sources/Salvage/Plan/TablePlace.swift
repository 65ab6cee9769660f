internal import CoreIO
package import CoreModel
internal import ELFCore

/// Where the new program header table goes: over the old one, or into the tail where it has outgrown that.
package struct TablePlace {
  package let oldRange: Range<UInt64>
  package let moves: Bool
  /// The end of the table where it stays in its place, else 0.
  package let endInPlace: UInt64
  /// The input's bytes that the new header and table may change: what the HEAD note keeps.
  package let changedRanges: [Range<UInt64>]

  package init(_ structure: CoreStructure, newCount: Int, _ segments: Segments) {
    let entrySize = UInt64(structure.format.programHeaderSize)
    let headerEnd = UInt64(structure.format.fileHeaderSize)
    let size = UInt64(newCount) * entrySize
    oldRange = structure.tableRange
    // A table over the file header, past what a file can hold, or in the middle of what it describes, can't be rewritten
    // where it stands.
    let isApart =
      oldRange.lowerBound >= headerEnd
      && oldRange.upperBound <= Plan.mostBeforeTail(structure.format)
      && !structure.programHeaders.contains { $0.overlaps(structure.tableRange) }
    moves = size > oldRange.length || !isApart
    let newRange = oldRange.lowerBound..<(moves ? oldRange.lowerBound : oldRange.lowerBound + size)
    endInPlace = moves ? 0 : newRange.upperBound
    let header = 0..<headerEnd
    let changed = Self.changed(structure, segments, newRange, entrySize)
    let present = 0..<structure.sizeFound
    changedRanges = ([header] + changed).map { $0.clamped(to: present) }.filter { !$0.isEmpty }
  }

  /// The entries that are not what they were: the PT_NOTE that the kernel puts first, and all from the first change on.
  private static func changed(
    _ structure: CoreStructure, _ segments: Segments, _ newRange: Range<UInt64>, _ entrySize: UInt64
  ) -> [Range<UInt64>] {
    guard !newRange.isEmpty else { return [] }
    let first = segments.firstChange ?? structure.programHeaders.count
    guard first > 0 else { return [newRange] }
    let start = newRange.lowerBound
    let rest = min(start + UInt64(first) * entrySize, newRange.upperBound)
    return [start..<start + entrySize, rest..<newRange.upperBound]
  }
}

extension ProgramHeader {
  /// Whether its bytes in the file lie over the range.
  fileprivate func overlaps(_ range: Range<UInt64>) -> Bool {
    fileSize > 0 && fileOffset < range.upperBound && (fileEnd ?? .max) > range.lowerBound
  }
}
