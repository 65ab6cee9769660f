package import CoreIO
internal import CoreModel
internal import ELFCore

/// What tells an archive from every other: all frames of ours in it carry this.
///
/// It is a digest of the manifest and of the core's headers and notes, so that the same core with the same options has the
/// same one. Two archives with the same id are told apart by their marks' chain.
package struct ArchiveID: Hashable, Sendable {
  private var low: UInt64
  private var high: UInt64

  static let encodedSize = 16
  /// Stands in the manifest that the id is made of.
  package static let unknown = ArchiveID(low: 0, high: 0)

  private init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The id of what these bytes are the beginning of, and `parts` the rest.
  package init(
    of bytes: [UInt8], _ parts: [Range<UInt64>], _ core: any ByteSource
  ) throws(SalvageError) {
    let hash = Hash128()
    hash.update(bytes)
    for range in parts {
      var position = range.lowerBound
      while position < range.upperBound {
        let part = try core.bytes(
          at: position, count: Int(min(range.upperBound - position, 1 << 18)))
        guard !part.isEmpty else { break }
        hash.update(part)
        position += UInt64(part.count)
      }
    }
    (low, high) = hash.value
  }

  package init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard let low = bytes.integer(at: offset, size: 8, .little),
      let high = bytes.integer(at: offset + 8, size: 8, .little)
    else { return nil }
    self.low = low
    self.high = high
  }

  /// Reads 32 hexadecimal digits.
  package init?(_ digits: some StringProtocol) {
    guard digits.utf8.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.low = low
    self.high = high
  }

  package func append(to bytes: inout [UInt8]) {
    bytes.append(low, size: 8, .little)
    bytes.append(high, size: 8, .little)
  }

  /// 32 hexadecimal digits.
  package var digits: String { hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16) }
}
