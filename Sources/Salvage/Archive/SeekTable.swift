internal import ELFCore

/// The last frame of an archive: every block's size and checksum, which tell where each of them lies.
struct SeekTable: Hashable, Sendable {
  var geometry: ArchiveGeometry
  /// Where the first LZ4 frame begins.
  var dataOffset: UInt64
  /// The size of the whole archive, this frame included.
  var archiveSize: UInt64
  var entries: [BlockEntry]

  /// The geometry, `dataOffset` and `archiveSize`.
  private static let headSize = ArchiveGeometry.encodedSize + 16
  /// The frame's own size, by which it is found from the end of the file.
  private static let tailSize = 8
  /// The last bytes of an archive: the frame's size and its digest.
  private static let footerSize = tailSize + SkippableFrame.digestSize

  static func frameSize(blocks: Int) -> UInt64 {
    UInt64(
      SkippableFrame.prefixSize + headSize + blocks * BlockEntry.encodedSize + footerSize)
  }

  var frame: [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(Self.headSize + entries.count * BlockEntry.encodedSize + Self.tailSize)
    geometry.append(to: &content)
    content.append(dataOffset, size: 8, .little)
    content.append(archiveSize, size: 8, .little)
    for entry in entries { entry.append(to: &content) }
    content.append(Self.frameSize(blocks: entries.count), size: 8, .little)
    return SkippableFrame.bytes(.seekTable, content)
  }

  init(
    _ geometry: ArchiveGeometry, dataOffset: UInt64, archiveSize: UInt64, _ entries: [BlockEntry]
  ) {
    self.geometry = geometry
    self.dataOffset = dataOffset
    self.archiveSize = archiveSize
    self.entries = entries
  }

  /// The table at the end of a file; nil where there is none, or it is damaged.
  init?(endOf source: any ByteSource) throws(SalvageError) {
    guard source.size >= UInt64(Self.footerSize) else { return nil }
    let footer = try source.bytes(
      at: source.size - UInt64(Self.footerSize), count: Self.footerSize)
    guard let size = footer.span.integer(at: 0, size: 8, .little), size <= source.size,
      let frame = try SkippableFrame(at: source.size - size, in: source)
    else { return nil }
    self.init(frame)
  }

  /// Reads a table; nil where its numbers contradict each other.
  init?(_ frame: SkippableFrame) {
    let content = frame.content
    let start = content.startIndex
    let head = ArchiveGeometry.encodedSize
    let span = frame.bytes.span
    guard frame.kind == .seekTable, let geometry = ArchiveGeometry(span, at: start),
      let dataOffset = span.integer(at: start + head, size: 8, .little),
      let archiveSize = span.integer(at: start + head + 8, size: 8, .little),
      dataOffset <= archiveSize, archiveSize <= UInt64(Int64.max),
      content.count
        == Self.headSize + geometry.blockCount * BlockEntry.encodedSize + Self.tailSize
    else { return nil }
    self.init(geometry, dataOffset: dataOffset, archiveSize: archiveSize, [])
    entries.reserveCapacity(geometry.blockCount)
    for block in 0..<geometry.blockCount {
      let offset = start + Self.headSize + block * BlockEntry.encodedSize
      guard let entry = BlockEntry(span, at: offset, geometry) else { return nil }
      entries.append(entry)
    }
  }

  /// Where each group's frame begins, and after them where the last group's mark ends.
  var groupOffsets: [UInt64] {
    var offsets = [dataOffset]
    offsets.reserveCapacity(geometry.groupCount + 1)
    for group in 0..<geometry.groupCount {
      let blocks = geometry.blocks(of: group)
      offsets.append(
        offsets[group] &+ geometry.frameSize(entries[blocks])
          &+ GroupMark.frameSize(blocks: blocks.count))
    }
    return offsets
  }
}
