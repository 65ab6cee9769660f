package import CoreIO
internal import ELFCore

/// The last frame of an archive: every block's size and checksum, which tell where each of them lies.
package struct SeekTable: Hashable, Sendable {
  package var geometry: ArchiveGeometry
  /// Where the manifest ends and the first group begins, with its mark where that comes first.
  package var dataOffset: UInt64
  /// The size of the whole archive, this frame included.
  package var archiveSize: UInt64
  package var entries: [BlockEntry]

  /// The geometry, `dataOffset` and `archiveSize`.
  private static func headSize(_ geometry: ArchiveGeometry) -> Int { geometry.encodedSize + 16 }
  /// The frame's own size, by which it is found from the end of the file.
  private static let tailSize = 8
  /// The last bytes of an archive: the frame's size and its digest.
  private static let footerSize = tailSize + SkippableFrame.digestSize

  package static func frameSize(_ geometry: ArchiveGeometry) -> UInt64 {
    UInt64(
      SkippableFrame.prefixSize + headSize(geometry)
        + geometry.blockCount * BlockEntry.encodedSize + footerSize)
  }

  package var frame: [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(Int(Self.frameSize(geometry)))
    geometry.append(to: &content)
    content.append(dataOffset, size: 8, .little)
    content.append(archiveSize, size: 8, .little)
    for entry in entries { entry.append(to: &content) }
    content.append(Self.frameSize(geometry), size: 8, .little)
    return SkippableFrame.bytes(.seekTable, content)
  }

  package init(
    _ geometry: ArchiveGeometry, dataOffset: UInt64, archiveSize: UInt64, _ entries: [BlockEntry]
  ) {
    self.geometry = geometry
    self.dataOffset = dataOffset
    self.archiveSize = archiveSize
    self.entries = entries
  }

  /// The table at the end of a file; nil where there is none, or it is damaged.
  package init?(endOf source: any ByteSource) throws(SalvageError) {
    guard source.size >= UInt64(Self.footerSize) else { return nil }
    let footer = try source.bytes(
      at: source.size - UInt64(Self.footerSize), count: Self.footerSize)
    guard let size = footer.span.integer(at: 0, size: 8, .little), size <= source.size,
      let frame = try SkippableFrame(at: source.size - size, in: source)
    else { return nil }
    self.init(frame)
  }

  /// Reads a table; nil where its numbers contradict each other.
  package init?(_ frame: SkippableFrame) {
    let content = frame.content
    let start = content.startIndex
    let span = frame.bytes.span
    guard frame.kind == .seekTable, let geometry = ArchiveGeometry(span, at: start) else {
      return nil
    }
    let head = geometry.encodedSize
    guard let dataOffset = span.integer(at: start + head, size: 8, .little),
      let archiveSize = span.integer(at: start + head + 8, size: 8, .little),
      dataOffset <= archiveSize, archiveSize <= UInt64(Int64.max),
      content.count
        == Self.headSize(geometry) + geometry.blockCount * BlockEntry.encodedSize + Self.tailSize
    else { return nil }
    self.init(geometry, dataOffset: dataOffset, archiveSize: archiveSize, [])
    entries.reserveCapacity(geometry.blockCount)
    for block in 0..<geometry.blockCount {
      let offset = start + Self.headSize(geometry) + block * BlockEntry.encodedSize
      guard let entry = BlockEntry(span, at: offset, geometry) else { return nil }
      entries.append(entry)
    }
  }

  /// Where each group's frame begins, and after them where all that belongs to the groups ends.
  var groupOffsets: [UInt64] {
    func markSize(_ mark: Int?) -> UInt64 {
      mark.map { GroupMark.frameSize($0, geometry) } ?? 0
    }
    var offsets = [dataOffset &+ markSize(geometry.markBefore(0))]
    offsets.reserveCapacity(geometry.groupCount + 1)
    for group in 0..<geometry.groupCount {
      offsets.append(
        offsets[group] &+ geometry.frameSize(entries[geometry.blocks(of: group)])
          &+ markSize(geometry.markAfter(group)))
    }
    return offsets
  }

  /// The marks' chains by their numbers; empty in version 1.
  var chains: [UInt64] {
    guard geometry.id != nil else { return [] }
    var chains: [UInt64] = [0]
    chains.reserveCapacity(geometry.markCount)
    for group in 0..<geometry.groupCount {
      chains.append(GroupMark.chain(chains[group], entries[geometry.blocks(of: group)]))
    }
    return chains
  }

  /// The entries of a group's blocks; none of a group that is not there.
  package func entries(of group: Int) -> [BlockEntry] {
    guard (0..<geometry.groupCount).contains(group) else { return [] }
    return Array(entries[geometry.blocks(of: group)])
  }

  /// A mark as it should be.
  package func mark(_ number: Int, _ chains: [UInt64]) -> GroupMark {
    guard geometry.id != nil else {
      return GroupMark(geometry, group: number, entries(of: number))
    }
    return GroupMark(
      geometry, group: number, entries(of: number), previous: entries(of: number - 1),
      chain: chains[number])
  }
}
