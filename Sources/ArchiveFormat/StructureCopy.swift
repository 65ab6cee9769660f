internal import CoreIO
package import CoreModel
internal import ELFCore

/// A second copy of a part of the core without which the rest is worth little: header, program header table, notes.
/// It is kept near the end of the archive, so that no one bad spot loses both.
package struct StructureCopy: Hashable, Sendable {
  /// Where the bytes stand in the core.
  package var range: Range<UInt64>
  /// The bytes, compressed or as they are.
  package var entry: BlockEntry
  /// Where the compressed bytes lie in the archive.
  var storedOffset: UInt64

  /// u64 offset in the core, u32 length there, u32 word as before a block; before them the geometry, since version 2.
  private static let headSize = 16
  /// All copies of an archive together: enough for 500,000 segments, or the notes of some 10,000 threads.
  package static let mostBytes: UInt64 = 32 << 20

  /// The frame with a part of the core, whose block is `stored` (word, bytes, checksum).
  package static func frame(
    _ range: Range<UInt64>, _ geometry: ArchiveGeometry, _ stored: [UInt8]
  ) -> [UInt8] {
    var content: [UInt8] = []
    geometry.append(to: &content)
    content.append(range.lowerBound, size: 8, .little)
    content.append(range.length, size: 4, .little)
    content += stored
    return SkippableFrame.bytes(.copy, content)
  }

  /// Reads a frame; nil where its numbers contradict each other, or it is of another archive.
  package init?(_ frame: SkippableFrame, _ geometry: ArchiveGeometry) {
    var start = SkippableFrame.prefixSize
    let span = frame.bytes.span
    if geometry.id != nil {
      guard ArchiveGeometry(span, at: start) == geometry else { return nil }
      start += geometry.encodedSize
    }
    guard frame.kind == .copy, let offset = span.integer(at: start, size: 8, .little),
      let length = span.integer(at: start + 8, size: 4, .little), length > 0,
      length <= UInt64(geometry.blockSize), offset < geometry.size,
      length <= geometry.size - offset,
      let word = span.integer(at: start + 12, size: 4, .little)
    else { return nil }
    entry = BlockEntry(word: UInt32(word), checksum: 0)
    let end = start + Self.headSize + entry.storedSize
    guard frame.content.endIndex == end + 4,
      let checksum = span.integer(at: end, size: 4, .little)
    else { return nil }
    entry.checksum = UInt32(checksum)
    range = offset..<offset + length
    storedOffset = frame.range.lowerBound + UInt64(start + Self.headSize)
  }

  /// The parts of a core that are worth a copy, cut to what a block can hold.
  package static func ranges(of structure: CoreStructure, _ geometry: ArchiveGeometry) -> [Range<
    UInt64
  >] {
    var wanted = [0..<UInt64(structure.format.fileHeaderSize), structure.tableRange]
    if structure.countsInSection, let sections = structure.sectionRange { wanted.append(sections) }
    for header in structure.programHeaders where header.kind == .note {
      wanted.append(header.fileOffset..<(header.fileEnd ?? header.fileOffset))
    }
    var left = mostBytes
    var ranges: [Range<UInt64>] = []
    for range in wanted {
      var start = range.lowerBound
      let end = min(range.upperBound, geometry.size)
      while start < end, left > 0 {
        let length = min(end - start, UInt64(geometry.blockSize), left)
        ranges.append(start..<start + length)
        start += length
        left -= length
      }
    }
    return ranges
  }
}
