internal import CLZ4
internal import CXXHash
internal import Glibc

/// Compresses blocks, one at a time, in buffers of its own. The same bytes give the same block, whatever was compressed before.
@safe final class BlockCompressor {
  /// The bytes to compress: the caller fills them.
  let raw: UnsafeMutableRawBufferPointer
  /// The block as it goes into the file: word, bytes, checksum.
  private let stored: UnsafeMutableRawBufferPointer
  private let state: UnsafeMutableRawBufferPointer
  private let level: Int32

  init(blockSize: Int, level: Int) {
    self.level = Int32(clamping: level)
    unsafe raw = .allocate(byteCount: blockSize, alignment: 4096)
    unsafe stored = .allocate(
      byteCount: blockSize + Int(ArchiveGeometry.blockOverhead), alignment: 4096)
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
  func compress(_ count: Int, storing: Bool = false) -> BlockEntry {
    let source = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
    let target = unsafe (stored.baseAddress.map { unsafe $0 + 4 })?
      .assumingMemoryBound(to: CChar.self)
    let state = unsafe state.baseAddress
    // What would not become shorter is stored as it is.
    let limit = Int32(count - 1)
    let size =
      storing
      ? 0
      : level < 3
        ? unsafe LZ4_compress_fast_extState(state, source, target, Int32(count), limit, 1)
        : unsafe LZ4_compress_HC_extStateHC(state, source, target, Int32(count), limit, level)
    var word = UInt32(max(size, 0))
    if size <= 0 {
      word = UInt32(count) | 0x8000_0000
      unsafe UnsafeMutableRawBufferPointer(rebasing: stored[4...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[..<count]))
    }
    var entry = BlockEntry(word: word, checksum: 0)
    entry.checksum = unsafe BlockChecksum.of(
      UnsafeRawBufferPointer(rebasing: stored[4..<4 + entry.storedSize]))
    unsafe stored.storeBytes(of: word.littleEndian, as: UInt32.self)
    unsafe stored.storeBytes(
      of: entry.checksum.littleEndian, toByteOffset: 4 + entry.storedSize, as: UInt32.self)
    return entry
  }

  /// The bytes of the block that `compress` made last.
  func bytes(_ entry: BlockEntry) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: stored[..<Int(entry.sizeInFile)])
  }
}

/// The checksum of a block's bytes in an LZ4 frame.
enum BlockChecksum {
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe XXH32(bytes.baseAddress, bytes.count, 0)
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

/// XXH32 over a stream of bytes: the content checksum of an LZ4 frame.
@safe final class ContentHash {
  private let state: OpaquePointer?

  init() {
    unsafe state = XXH32_createState()
    reset()
  }

  deinit { _ = unsafe XXH32_freeState(state) }

  func reset() { _ = unsafe XXH32_reset(state, 0) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    _ = unsafe XXH32_update(state, bytes.baseAddress, bytes.count)
  }

  var value: UInt32 { unsafe XXH32_digest(state) }
}
