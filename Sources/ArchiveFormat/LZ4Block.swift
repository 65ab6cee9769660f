internal import CLZ4
internal import CoreIO
internal import Glibc

/// Compresses blocks, one at a time, in buffers of its own. The same bytes give the same block, whatever was compressed before.
@safe package final class BlockCompressor {
  /// The bytes to compress: the caller fills them.
  package let raw: UnsafeMutableRawBufferPointer
  /// The block as it goes into the file: word, bytes, checksum.
  private let stored: UnsafeMutableRawBufferPointer
  private let state: UnsafeMutableRawBufferPointer
  private let level: Int32

  /// `extra` bytes of the file may stand around the block.
  package init(blockSize: Int, level: Int, extra: Int = 0) {
    self.level = Int32(clamping: level)
    unsafe raw = .allocate(byteCount: blockSize, alignment: 4096)
    unsafe stored = .allocate(
      byteCount: blockSize + Int(ArchiveGeometry.blockOverhead) + extra, alignment: 4096)
    // LZ4's own command compresses so from level 3 on.
    let stateSize = level < 3 ? LZ4_sizeofState() : LZ4_sizeofStateHC()
    unsafe state = .allocate(byteCount: Int(stateSize), alignment: 16)
  }

  deinit {
    unsafe raw.deallocate()
    unsafe stored.deallocate()
    unsafe state.deallocate()
  }

  /// Makes a block of the first `count` bytes of `raw`, compressed unless they are to be stored as they are.
  package func compress(_ count: Int, storing: Bool = false) -> BlockEntry {
    compress(0..<count, storing: storing, at: 0)
  }

  /// Makes a block of some bytes of `raw`, which begins at that place of what goes into the file.
  package func compress(_ range: Range<Int>, storing: Bool, at place: Int) -> BlockEntry {
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: raw[range])
    let source = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    let target = unsafe (stored.baseAddress.map { unsafe $0 + place + 4 })?
      .assumingMemoryBound(to: CChar.self)
    let state = unsafe state.baseAddress
    let count = Int32(range.count)
    // What would not become shorter is stored as it is.
    let limit = count - 1
    let size =
      storing
      ? 0
      : level < 3
        ? unsafe LZ4_compress_fast_extState(state, source, target, count, limit, 1)
        : unsafe LZ4_compress_HC_extStateHC(state, source, target, count, limit, level)
    var word = UInt32(max(size, 0))
    if size <= 0 {
      word = UInt32(count) | 0x8000_0000
      unsafe UnsafeMutableRawBufferPointer(rebasing: stored[(place + 4)...])
        .copyMemory(from: bytes)
    }
    var entry = BlockEntry(word: word, checksum: 0)
    let end = place + 4 + entry.storedSize
    entry.checksum = unsafe Hash.of32(
      UnsafeRawBufferPointer(rebasing: stored[place + 4..<end]))
    put(word, at: place)
    put(entry.checksum, at: end)
    return entry
  }

  /// Puts four bytes into what goes into the file.
  package func put(_ word: UInt32, at place: Int) {
    unsafe stored.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt32.self)
  }

  /// Puts bytes into what goes into the file.
  package func put(_ bytes: [UInt8], at place: Int) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: stored[place...]).copyBytes(from: bytes)
  }

  /// The bytes of the block that `compress` made last.
  package func bytes(_ entry: BlockEntry) -> UnsafeRawBufferPointer {
    unsafe bytes(Int(entry.sizeInFile))
  }

  /// The first bytes of what goes into the file.
  package func bytes(_ count: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: stored[..<count])
  }
}

/// Decompresses blocks.
enum BlockDecompressor {
  /// Fills `target`; false where these bytes are no block of just that length.
  static func decompress(
    _ bytes: UnsafeRawBufferPointer, _ entry: BlockEntry,
    into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard !entry.isStored else {
      guard bytes.count == target.count else { return false }
      unsafe target.copyMemory(from: bytes)
      return true
    }
    let size = unsafe LZ4_decompress_safe(
      bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
      target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
      Int32(target.count))
    return size == Int32(target.count)
  }
}
