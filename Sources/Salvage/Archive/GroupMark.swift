internal import ELFCore

/// What follows each LZ4 frame: which group of blocks that was, and every block's size and checksum.
///
/// With it, the blocks of a group are found by counting back from the mark, whatever became of the rest of the archive.
struct GroupMark: Hashable, Sendable {
  var geometry: ArchiveGeometry
  var group: Int
  var entries: [BlockEntry]

  static func frameSize(blocks: Int) -> UInt64 {
    UInt64(
      SkippableFrame.prefixSize + ArchiveGeometry.encodedSize + 8 + blocks * BlockEntry.encodedSize
        + SkippableFrame.digestSize)
  }

  var frame: [UInt8] {
    var content: [UInt8] = []
    geometry.append(to: &content)
    content.append(UInt64(group), size: 4, .little)
    content.append(UInt64(entries.count), size: 4, .little)
    for entry in entries { entry.append(to: &content) }
    return SkippableFrame.bytes(.mark, content)
  }

  init(_ geometry: ArchiveGeometry, group: Int, _ entries: [BlockEntry]) {
    self.geometry = geometry
    self.group = group
    self.entries = entries
  }

  /// Reads a mark; nil where its numbers contradict each other.
  init?(_ frame: SkippableFrame) {
    let content = Array(frame.content)
    let head = ArchiveGeometry.encodedSize
    guard frame.kind == .mark, let geometry = ArchiveGeometry(content.span, at: 0),
      let group = content.span.integer(at: head, size: 4, .little),
      group < UInt64(geometry.groupCount),
      let count = content.span.integer(at: head + 4, size: 4, .little),
      count == UInt64(geometry.blocks(of: Int(group)).count),
      content.count == head + 8 + Int(count) * BlockEntry.encodedSize
    else { return nil }
    self.init(geometry, group: Int(group), [])
    for index in 0..<Int(count) {
      let offset = head + 8 + index * BlockEntry.encodedSize
      guard let entry = BlockEntry(content.span, at: offset, geometry) else { return nil }
      entries.append(entry)
    }
  }
}
