internal import CoreIO
internal import ELFCore

/// How a core is divided in an archive: into groups of so many bytes, each of which is one LZ4 frame, and these into blocks;
/// and which archive that is. No number here can make another overflow: `init` refuses what would.
///
/// A group's last 256 bytes are a block of their own that is stored uncompressed, for `lz4` 1.9.4 reads four bytes too many
/// after compressed blocks with checksums, and at the end of a frame it takes what comes after those for no frame.
package struct ArchiveGeometry: Hashable, Sendable {
  /// The core's size in bytes.
  package let size: UInt64
  package let blockSize: Int
  package let blocksPerGroup: Int
  /// Whether each frame ends in a checksum of its contents.
  package let hasContentChecksum: Bool

  /// What tells this archive from others; nil in version 1, whose parts name none.
  package var id: ArchiveID?

  /// The version that is written.
  package static let version: UInt64 = 2
  /// The version that it is of.
  package var version: UInt64 { id == nil ? 1 : 2 }
  /// What the seek table of more blocks takes is memory that no archive may ask for.
  package static let mostBlocks: UInt64 = 1 << 21
  /// A core that is archived is smaller, whatever the size of the blocks.
  package static let largestCore = mostBlocks / 2 * UInt64(ArchiveBlockSize.mib4.rawValue)
  /// A frame's header: magic, two bytes of flags, content size, checksum.
  package static let frameHeaderSize: UInt64 = 15
  /// What stands around a block's bytes: its size word before, its checksum after.
  package static let blockOverhead: UInt64 = 8

  package init?(
    size: UInt64, blockSize: UInt64, blocksPerGroup: UInt64, hasContentChecksum: Bool,
    id: ArchiveID? = nil
  ) {
    guard size > 0, let known = ArchiveBlockSize(rawValue: Int(clamping: blockSize)),
      id == nil ? (16...1024).contains(blocksPerGroup) : blocksPerGroup == 1,
      // Every group has one block more than its size asks for.
      size / blockSize < Self.mostBlocks / (blocksPerGroup + 1) * blocksPerGroup
    else { return nil }
    self.size = size
    self.blockSize = known.rawValue
    self.blocksPerGroup = Int(blocksPerGroup)
    self.hasContentChecksum = hasContentChecksum
    self.id = id
  }

  /// The core's bytes in each group but the last, which may have fewer.
  private var groupSize: UInt64 { UInt64(blockSize * blocksPerGroup) }

  package var groupCount: Int { Int((size - 1) / groupSize) + 1 }
  package var blockCount: Int { blocks(of: groupCount - 1).upperBound }

  /// A group's last block has at most so many bytes.
  package static let lastBlockSize: UInt64 = 256

  /// The blocks of a group.
  package func blocks(of group: Int) -> Range<Int> {
    let start = group * (blocksPerGroup + 1)
    let length = range(ofGroup: group).length
    let pieces = Int((length - 1) / UInt64(blockSize)) + 1
    return start..<start + pieces + (hasExtraBlock(length) ? 1 : 0)
  }

  /// Whether the last piece of a group of that length is cut once more.
  private func hasExtraBlock(_ length: UInt64) -> Bool {
    (length - 1) % UInt64(blockSize) >= Self.lastBlockSize
  }

  package func group(of block: Int) -> Int { block / (blocksPerGroup + 1) }

  /// The core's bytes that a block holds.
  package func range(of block: Int) -> Range<UInt64> {
    let group = group(of: block)
    let whole = range(ofGroup: group)
    let number = block - blocks(of: group).lowerBound
    let start = whole.lowerBound + UInt64(number) * UInt64(blockSize)
    guard hasExtraBlock(whole.length), number >= blocks(of: group).count - 2 else {
      return start..<min(start + UInt64(blockSize), whole.upperBound)
    }
    let cut = whole.upperBound - Self.lastBlockSize
    return number == blocks(of: group).count - 1 ? cut..<whole.upperBound : start..<cut
  }

  /// Whether a block is the last one of its group, which is stored as it is.
  package func isLast(_ block: Int) -> Bool { blocks(of: group(of: block)).upperBound == block + 1 }

  /// The block that holds the byte of the core at `offset`.
  package func block(at offset: UInt64) -> Int {
    let group = Int(offset / groupSize)
    let whole = range(ofGroup: group)
    let blocks = blocks(of: group)
    guard !hasExtraBlock(whole.length) || offset < whole.upperBound - Self.lastBlockSize else {
      return blocks.upperBound - 1
    }
    return blocks.lowerBound + Int((offset - whole.lowerBound) / UInt64(blockSize))
  }

  /// The core's bytes that a group holds.
  package func range(ofGroup group: Int) -> Range<UInt64> {
    let start = UInt64(group) * groupSize
    return start..<min(start + groupSize, size)
  }

  /// What follows a group's last block: the end mark, and the content checksum where there is one.
  package var frameEndSize: UInt64 { hasContentChecksum ? 8 : 4 }

  /// The length of a group's frame.
  package func frameSize(_ entries: some Sequence<BlockEntry>) -> UInt64 {
    entries.reduce(Self.frameHeaderSize + frameEndSize) { $0 + $1.sizeInFile }
  }

  // MARK: Marks

  /// How many marks there are: in version 1 one after each group, since then one before each and one after the last.
  var markCount: Int { id == nil ? groupCount : groupCount + 1 }

  /// The mark right before a group's frame; nil where the manifest stands there.
  func markBefore(_ group: Int) -> Int? { id != nil ? group : group > 0 ? group - 1 : nil }

  /// The mark right after a group's frame.
  func markAfter(_ group: Int) -> Int { id == nil ? group : group + 1 }

  /// How many blocks a group has; none of one that is not there.
  package func blockCount(of group: Int) -> Int {
    (0..<groupCount).contains(group) ? blocks(of: group).count : 0
  }

  // MARK: As bytes

  var encodedSize: Int { id == nil ? 24 : 24 + ArchiveID.encodedSize }

  package func append(to bytes: inout [UInt8]) {
    bytes.append(version, size: 4, .little)
    bytes.append(UInt64(blockSize), size: 4, .little)
    bytes.append(size, size: 8, .little)
    bytes.append(UInt64(blocksPerGroup), size: 4, .little)
    bytes.append(hasContentChecksum ? 1 : 0, size: 4, .little)
    id?.append(to: &bytes)
  }

  package init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard let version = bytes.integer(at: offset, size: 4, .little), (1...2).contains(version),
      let blockSize = bytes.integer(at: offset + 4, size: 4, .little),
      let size = bytes.integer(at: offset + 8, size: 8, .little),
      let blocksPerGroup = bytes.integer(at: offset + 16, size: 4, .little),
      let flags = bytes.integer(at: offset + 20, size: 4, .little), flags <= 1
    else { return nil }
    let id = version == 1 ? nil : ArchiveID(bytes, at: offset + 24)
    guard version == 1 || id != nil else { return nil }
    self.init(
      size: size, blockSize: blockSize, blocksPerGroup: blocksPerGroup,
      hasContentChecksum: flags == 1, id: id)
  }
}
