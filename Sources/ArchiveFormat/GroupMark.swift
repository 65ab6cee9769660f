internal import CoreIO
internal import ELFCore

/// Which group of blocks a frame is, and every block's size and checksum. Blocks are those of this archive only if a mark
/// or the seek table vouches for them.
///
/// Since version 2 a mark stands before each group, and one after the last: each tells of the groups on both sides of it,
/// so that none is lost with one mark, and a digest of all blocks before it, so that marks of two archives don't join.
/// In version 1 it follows its group and tells of that alone.
package struct GroupMark: Hashable, Sendable {
  package var geometry: ArchiveGeometry
  /// The number of the group; that of one more than there are in the last mark.
  package var group: Int
  /// Of the group's blocks.
  package var entries: [BlockEntry]
  /// Of the blocks of the group before it; none in version 1.
  package var previous: [BlockEntry] = []
  /// The digest of all blocks before the group; 0 in version 1.
  package var chain: UInt64 = 0

  /// A frame's size without entries.
  private static func fixedSize(_ geometry: ArchiveGeometry) -> Int {
    SkippableFrame.prefixSize + geometry.encodedSize + (geometry.id == nil ? 8 : 16)
      + SkippableFrame.digestSize
  }

  /// How many entries the mark has.
  private static func entryCount(_ mark: Int, _ geometry: ArchiveGeometry) -> Int {
    geometry.blockCount(of: mark) + (geometry.id == nil ? 0 : geometry.blockCount(of: mark - 1))
  }

  package static func frameSize(_ mark: Int, _ geometry: ArchiveGeometry) -> UInt64 {
    UInt64(fixedSize(geometry) + entryCount(mark, geometry) * BlockEntry.encodedSize)
  }

  package var frame: [UInt8] {
    var content: [UInt8] = []
    geometry.append(to: &content)
    content.append(UInt64(group), size: 4, .little)
    content.append(UInt64(entries.count), size: 4, .little)
    if geometry.id != nil { content.append(chain, size: 8, .little) }
    for entry in previous { entry.append(to: &content) }
    for entry in entries { entry.append(to: &content) }
    return SkippableFrame.bytes(.mark, content)
  }

  init(
    _ geometry: ArchiveGeometry, group: Int, _ entries: [BlockEntry],
    previous: [BlockEntry] = [], chain: UInt64 = 0
  ) {
    self.geometry = geometry
    self.group = group
    self.entries = entries
    self.previous = previous
    self.chain = chain
  }

  /// Reads a mark; nil where its numbers contradict each other.
  init?(_ frame: SkippableFrame) {
    let span = frame.bytes.span
    let start = SkippableFrame.prefixSize
    guard frame.kind == .mark, let geometry = ArchiveGeometry(span, at: start) else { return nil }
    let head = start + geometry.encodedSize
    guard let group = span.integer(at: head, size: 4, .little),
      group < UInt64(geometry.markCount),
      let count = span.integer(at: head + 4, size: 4, .little),
      count == UInt64(geometry.blockCount(of: Int(group))),
      frame.range.length == Self.frameSize(Int(group), geometry)
    else { return nil }
    self.init(geometry, group: Int(group), [])
    var offset = head + 8
    if geometry.id != nil {
      chain = span.integer(at: offset, size: 8, .little) ?? 0
      offset += 8
    }
    let before = Self.entryCount(self.group, geometry) - Int(count)
    for index in 0..<before + Int(count) {
      guard let entry = BlockEntry(span, at: offset, geometry) else { return nil }
      if index < before { previous.append(entry) } else { entries.append(entry) }
      offset += BlockEntry.encodedSize
    }
  }

  /// The chain of the mark that comes next.
  var nextChain: UInt64 { Self.chain(chain, entries) }

  /// The digest of all blocks up to and with `entries`, where that of those before is `chain`.
  package static func chain(_ chain: UInt64, _ entries: some Sequence<BlockEntry>) -> UInt64 {
    var bytes: [UInt8] = []
    bytes.append(chain, size: 8, .little)
    for entry in entries { entry.append(to: &bytes) }
    return Hash.of64(bytes[...])
  }
}
