package import CoreIO
internal import Glibc
internal import SystemPackage

/// Reads and decodes the blocks of an archive, one at a time, in buffers of its own.
@safe package final class BlockReader {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let stored: UnsafeMutableRawBufferPointer
  private let raw: UnsafeMutableRawBufferPointer
  /// Blocks of zeros as they lie in the archive, by the length of what they hold, once one was decoded: another of the same
  /// bytes is another such block.
  private var zeros: [Int: [UInt8]] = [:]

  init(_ file: any ByteSource, _ index: ArchiveIndex) {
    self.file = file
    self.index = index
    unsafe stored = .allocate(
      byteCount: index.geometry.blockSize + 2 * Self.wordSize, alignment: 4096)
    unsafe raw = .allocate(byteCount: index.geometry.blockSize, alignment: 4096)
  }

  deinit {
    unsafe stored.deallocate()
    unsafe raw.deallocate()
  }

  /// What stood right before and after the block that was read last, which are its size and its checksum; nil where that could
  /// not be read with it.
  private(set) var words: (before: [UInt8], after: [UInt8])?
  private static let wordSize = 4

  /// The block's bytes as they lie in the archive, if they are what they were.
  package func load(_ block: Int) throws(SalvageError) -> UnsafeRawBufferPointer? {
    words = nil
    guard let place = index[block], place.entry.storedSize <= index.geometry.blockSize,
      let bytes = try unsafe bytes(at: place.offset, count: place.entry.storedSize)
    else { return nil }
    return unsafe Hash.of32(bytes) == place.entry.checksum ? bytes : nil
  }

  /// Bytes of the archive, with the words before and after them where these can be read: a large file's can't be had again as
  /// quickly.
  private func bytes(
    at offset: UInt64, count: Int
  ) throws(SalvageError) -> UnsafeRawBufferPointer? {
    let size = Self.wordSize
    let all = unsafe UnsafeMutableRawBufferPointer(rebasing: stored[..<(count + 2 * size)])
    if offset >= UInt64(size), try unsafe file.readable(at: offset - UInt64(size), into: all) {
      unsafe words = (Array(all[..<size]), Array(all[(size + count)...]))
      return unsafe UnsafeRawBufferPointer(rebasing: all[size..<size + count])
    }
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: stored[..<count])
    return try unsafe file.readable(at: offset, into: target)
      ? UnsafeRawBufferPointer(target) : nil
  }

  /// What became of a block.
  @safe package enum Contents {
    case damaged
    case zeros
    case bytes(UnsafeRawBufferPointer)
  }

  /// Decodes a block.
  package func read(_ block: Int) throws(SalvageError) -> Contents {
    guard let entry = index[block]?.entry, let bytes = try unsafe load(block) else {
      return .damaged
    }
    let length = Int(index.geometry.range(of: block).length)
    if unsafe isKnownZeros(bytes, length) { return .zeros }
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: raw[..<length])
    guard
      unsafe BlockDecompressor.decompress(bytes, entry, into: target)
    else { return .damaged }
    // Only what was compressed well, or not at all for its shortness, can be nothing but zeros.
    if length % 256 == 0, bytes.count < length / 100 || length == ArchiveGeometry.lastBlockSize,
      unsafe ZeroTest.isZero(UnsafeRawBufferPointer(target))
    {
      zeros[length] = unsafe Array(bytes)
      return .zeros
    }
    return unsafe .bytes(UnsafeRawBufferPointer(target))
  }

  private func isKnownZeros(_ bytes: UnsafeRawBufferPointer, _ length: Int) -> Bool {
    guard let zeros = zeros[length], zeros.count == bytes.count,
      let start = bytes.baseAddress
    else { return false }
    return unsafe zeros.withUnsafeBytes {
      unsafe $0.baseAddress.map { unsafe memcmp($0, start, bytes.count) == 0 } ?? false
    }
  }
}
