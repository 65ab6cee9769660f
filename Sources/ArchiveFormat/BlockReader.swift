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
    unsafe stored = .allocate(byteCount: index.geometry.blockSize, alignment: 4096)
    unsafe raw = .allocate(byteCount: index.geometry.blockSize, alignment: 4096)
  }

  deinit {
    unsafe stored.deallocate()
    unsafe raw.deallocate()
  }

  /// The block's bytes as they lie in the archive, if they are what they were.
  package func load(_ block: Int) throws(SalvageError) -> UnsafeRawBufferPointer? {
    guard let place = index[block], unsafe place.entry.storedSize <= stored.count else {
      return nil
    }
    let target = unsafe UnsafeMutableRawBufferPointer(
      rebasing: stored[..<place.entry.storedSize])
    guard try unsafe file.readable(at: place.offset, into: target) else { return nil }
    let bytes = UnsafeRawBufferPointer(target)
    return unsafe Hash.of32(bytes) == place.entry.checksum ? bytes : nil
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
