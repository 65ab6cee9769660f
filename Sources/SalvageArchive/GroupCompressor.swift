internal import ArchiveFormat
internal import CoreIO

/// Makes the LZ4 frames of groups, one at a time, in buffers of its own.
@safe final class GroupCompressor {
  private let geometry: ArchiveGeometry
  private let compressor: BlockCompressor
  private let hash = Hash32()
  /// The header of frames with so many bytes of the core.
  private var header: (length: UInt64, bytes: [UInt8]) = (0, [])
  private(set) var entries: [BlockEntry] = []
  private var size = 0

  init(_ geometry: ArchiveGeometry, level: Int) {
    self.geometry = geometry
    // A frame's header, its last block, end mark and checksum.
    compressor = BlockCompressor(
      blockSize: geometry.blockSize, level: level,
      extra: Int(
        ArchiveGeometry.frameHeaderSize + ArchiveGeometry.lastBlockSize
          + ArchiveGeometry.blockOverhead + geometry.frameEndSize))
  }

  /// Where the core's bytes of a group are put before it's compressed.
  func room(for length: UInt64) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: compressor.raw[..<Int(length)])
  }

  /// Makes the frame of a group, whose bytes are in their room.
  func compress(_ group: Int) {
    let range = geometry.range(ofGroup: group)
    if header.length != range.length {
      header = (range.length, LZ4FrameHeader.bytes(geometry, group: group))
    }
    compressor.put(header.bytes, at: 0)
    size = header.bytes.count
    entries.removeAll(keepingCapacity: true)
    for block in geometry.blocks(of: group) {
      let part = geometry.range(of: block)
      let entry = compressor.compress(
        Int(part.lowerBound - range.lowerBound)..<Int(part.upperBound - range.lowerBound),
        storing: geometry.isLast(block), at: size)
      entries.append(entry)
      size += Int(entry.sizeInFile)
    }
    compressor.put(0, at: size)
    size += 4
    guard geometry.hasContentChecksum else { return }
    hash.reset()
    unsafe hash.update(UnsafeRawBufferPointer(room(for: range.length)))
    compressor.put(hash.value, at: size)
    size += 4
  }

  /// The frame that was made last.
  var bytes: UnsafeRawBufferPointer { unsafe compressor.bytes(size) }
}
