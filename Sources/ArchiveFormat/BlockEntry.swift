internal import ELFCore

/// A block as it lies in the file: the word before its bytes, and the XXH32 of them that follows.
package struct BlockEntry: Hashable, Sendable {
  /// The number of bytes, with the highest bit set where they are stored as they are.
  package var word: UInt32
  package var checksum: UInt32

  var storedSize: Int { Int(word & 0x7fff_ffff) }
  var isStored: Bool { word >> 31 == 1 }
  package var sizeInFile: UInt64 { UInt64(storedSize) + ArchiveGeometry.blockOverhead }

  static let encodedSize = 8

  package func append(to bytes: inout [UInt8]) {
    bytes.append(UInt64(word), size: 4, .little)
    bytes.append(UInt64(checksum), size: 4, .little)
  }

  package init(word: UInt32, checksum: UInt32) {
    self.word = word
    self.checksum = checksum
  }

  /// Reads an entry; nil where it is cut or of a size that no block can have.
  package init?(_ bytes: Span<UInt8>, at offset: Int, _ geometry: ArchiveGeometry) {
    guard let word = bytes.integer(at: offset, size: 4, .little),
      let checksum = bytes.integer(at: offset + 4, size: 4, .little)
    else { return nil }
    self.init(word: UInt32(word), checksum: UInt32(checksum))
    guard (1...geometry.blockSize).contains(storedSize) else { return nil }
  }
}
