package import CoreIO
internal import ELFCore

/// The digest of the file header, the program header table and the notes as found: what tells one core from another.
package enum HeadDigest {
  package static func of(
    _ structure: borrowing CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> String {
    let hash = Hash128()
    hash.update(structure.headerBytes)
    for range in digested(structure, source) {
      if let held = source.held(range) {
        hash.update(held)
        continue
      }
      var offset = range.lowerBound
      while offset < range.upperBound {
        let bytes = try source.bytes(
          at: offset, count: Int(min(range.upperBound - offset, 1 << 16)))
        guard !bytes.isEmpty else { break }
        hash.update(bytes)
        offset += UInt64(bytes.count)
      }
    }
    let (low, high) = hash.value
    return hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
  }

  /// How many bytes the digest is of.
  package static func length(of structure: borrowing CoreStructure, _ source: any ByteSource)
    -> UInt64
  {
    digested(structure, source).reduce(UInt64(structure.headerBytes.count)) { $0 + $1.length }
  }

  /// What follows the file header in the digest. Headers and notes of more than a gigabyte are no kernel's: the first of it
  /// tells enough.
  private static func digested(
    _ structure: borrowing CoreStructure, _ source: any ByteSource
  ) -> [Range<UInt64>] {
    var ranges = [structure.tableRange]
    ranges += NoteWalk.apart(structure.programHeaders).map {
      $0.fileOffset..<($0.fileEnd ?? $0.fileOffset)
    }
    var left: UInt64 = 1 << 30
    return ranges.compactMap { range in
      let end = min(range.upperBound, source.size)
      guard range.lowerBound < end else { return nil }
      let length = min(end - range.lowerBound, left)
      left -= length
      return range.lowerBound..<range.lowerBound + length
    }
  }
}
