internal import CoreIO
internal import ELFCore

/// Looks whether a block lies at some place of a damaged archive.
@safe final class BlockProbe {
  let file: any ByteSource
  let geometry: ArchiveGeometry
  private let buffer: UnsafeMutableRawBufferPointer
  /// How many bytes may still be read in vain: a file made for it has a false block at every byte.
  private var budget: UInt64
  /// What a look at a few bytes costs, as bytes.
  private static let lookCost: UInt64 = 1024

  init(_ file: any ByteSource, _ geometry: ArchiveGeometry) {
    self.file = file
    self.geometry = geometry
    unsafe buffer = .allocate(byteCount: geometry.blockSize + 4, alignment: 4096)
    budget = 8 * min(file.size, 1 << 56) + 256 << 20
  }

  deinit { unsafe buffer.deallocate() }

  /// Whether the bytes at `offset` are those of that block.
  func isSound(_ entry: BlockEntry, at offset: UInt64) throws(SalvageError) -> Bool {
    guard offset < file.size, budget > 0 else { return false }
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<entry.storedSize])
    guard try unsafe file.readable(at: offset, into: part) else { return false }
    let isRight = unsafe Hash.of32(UnsafeRawBufferPointer(part)) == entry.checksum
    if !isRight { spend(UInt64(entry.storedSize)) }
    return isRight
  }

  /// Counts what was read in vain; false once that is too much.
  @discardableResult
  func spend(_ bytes: UInt64) -> Bool {
    budget -= min(budget, bytes)
    return budget > 0
  }

  /// The size word at `offset`, as one that a block may have; 0 for the end of a frame.
  func word(at offset: UInt64) throws(SalvageError) -> UInt32? {
    guard spend(Self.lookCost) else { return nil }
    let bytes = try file.bytes(at: offset, count: 4)
    guard let word = bytes.span.integer(at: 0, size: 4, .little),
      word & 0x7fff_ffff <= UInt64(geometry.blockSize), word != 0x8000_0000
    else { return nil }
    return UInt32(word)
  }

  /// The block whose size word stands at `offset`, if its own checksum is right.
  func block(at offset: UInt64) throws(SalvageError) -> ArchiveIndex.Block? {
    guard let word = try word(at: offset), word != 0 else { return nil }
    var entry = BlockEntry(word: word, checksum: 0)
    let end = offset + 4 + UInt64(entry.storedSize)
    let checksum = try file.bytes(at: end, count: 4)
    guard let checksum = checksum.span.integer(at: 0, size: 4, .little) else { return nil }
    entry.checksum = UInt32(checksum)
    guard try isSound(entry, at: offset + 4) else { return nil }
    return ArchiveIndex.Block(entry: entry, offset: offset + 4)
  }
}
