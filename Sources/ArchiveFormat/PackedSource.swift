package import CoreIO
internal import ELFCore
internal import Glibc
internal import Synchronization
package import SystemPackage

/// What a `PackedSpool` took of a stream, to be read at any place: only the blocks that are asked for are decoded.
package final class PackedSource: ByteSource {
  package let path: FilePath
  package let size: UInt64
  private let file: InputFile
  /// Where each block ends in the file. A block of zeros has no bytes there.
  private let ends: [UInt64]
  private let cache = Mutex<[(number: Int, bytes: [UInt8])]>([])

  /// The blocks of which parts are asked for: headers and notes, and the ends of what an archive's blocks are read from.
  private static let mostCached = 8
  private static let blockSize = UInt64(PackedSpool.blockSize)

  init(_ file: InputFile, size: UInt64, ends: [UInt64]) {
    self.file = file
    path = file.path
    self.size = size
    self.ends = ends
  }

  private func range(of block: Int) -> Range<UInt64> {
    let start = UInt64(block) * Self.blockSize
    return start..<min(start + Self.blockSize, size)
  }

  private func place(of block: Int) -> Range<UInt64> {
    (block == 0 ? 0 : ends[block - 1])..<ends[block]
  }

  /// A block that can't be read or decoded is an error.
  package var unreadable: [Range<UInt64>] { [] }
  package func confirmSize() throws(SalvageError) { try file.confirmSize() }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    let range = range.clamped(to: 0..<size)
    guard !range.isEmpty else { return nil }
    let last = Int((range.upperBound - 1) / Self.blockSize)
    var block = Int(range.lowerBound / Self.blockSize)
    while block <= last, place(of: block).isEmpty { block += 1 }
    guard block <= last else { return nil }
    let first = block
    while block <= last, !place(of: block).isEmpty { block += 1 }
    return (UInt64(first) * Self.blockSize..<UInt64(block) * Self.blockSize).clamped(to: range)
  }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size, buffer.count > 0 else { return 0 }
    let end = offset + min(UInt64(buffer.count), size - offset)
    var position = offset
    while position < end {
      let block = Int(position / Self.blockSize)
      let all = range(of: block)
      let part = position..<min(end, all.upperBound)
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[Int(part.lowerBound - offset)..<Int(part.upperBound - offset)])
      if place(of: block).isEmpty {
        unsafe target.initializeMemory(as: UInt8.self, repeating: 0)
      } else if part == all {
        unsafe try decode(block, into: target)
      } else {
        let bytes = try cached(block)
        let first = Int(part.lowerBound - all.lowerBound)
        unsafe target.copyBytes(from: bytes[first..<first + target.count])
      }
      position = part.upperBound
    }
    return Int(end - offset)
  }

  /// A block of which only a part is wanted: the rest of it will be soon.
  private func cached(_ block: Int) throws(SalvageError) -> [UInt8] {
    let found = cache.withLock { $0.first { $0.number == block }?.bytes }
    if let found { return found }
    var bytes = [UInt8](repeating: 0, count: Int(range(of: block).length))
    let result = unsafe bytes.withUnsafeMutableBytes { target in
      Result { () throws(SalvageError) in unsafe try decode(block, into: target) }
    }
    try result.get()
    let decoded = bytes
    cache.withLock { cache in
      if cache.count >= Self.mostCached { cache.removeFirst() }
      cache.append((block, decoded))
    }
    return decoded
  }

  /// Decodes all of a block. A disk that gives back other bytes than it was given is no reason to show them.
  private func decode(
    _ block: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) {
    let place = place(of: block)
    let stored = try file.bytes(at: place.lowerBound, count: Int(place.length))
    let isSound =
      if let word = stored.span.integer(at: 0, size: 4, .little),
        let checksum = stored.span.integer(at: stored.count - 4, size: 4, .little)
      {
        unsafe stored.withUnsafeBytes { bytes in
          let entry = BlockEntry(word: UInt32(word), checksum: UInt32(checksum))
          let contents = unsafe UnsafeRawBufferPointer(rebasing: bytes[4..<bytes.count - 4])
          return unsafe entry.storedSize == contents.count
            && Hash.of32(contents) == entry.checksum
            && BlockDecompressor.decompress(contents, entry, into: target)
        }
      } else { false }
    guard isSound else {
      throw SalvageError(.io(.ioError, call: "read back from the temporary file"), file: path)
    }
  }
}
