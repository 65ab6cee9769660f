/// Finds stretches of zeros fast enough to keep up with memory.
package enum ZeroTest {
  /// Whether every byte is zero. The length is a multiple of 256.
  package static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // OR over 256 bytes at a time is what the compiler vectorises. A chunk after a 32-bit header begins at any multiple of 4.
    var offset = 0
    while offset < bytes.count {
      var bits: UInt64 = 0
      for step in 0..<32 {
        bits |= unsafe bytes.loadUnaligned(fromByteOffset: offset &+ step &* 8, as: UInt64.self)
      }
      if bits != 0 { return false }
      offset &+= 256
    }
    return true
  }

  /// How many zeros come last.
  package static func zerosAtEnd(of bytes: UnsafeRawBufferPointer) -> Int {
    var end = bytes.count
    while unsafe end >= 256 && isZero(UnsafeRawBufferPointer(rebasing: bytes[end - 256..<end])) {
      end -= 256
    }
    while unsafe end > 0 && bytes[end - 1] == 0 { end -= 1 }
    return bytes.count - end
  }

  /// How far from their beginning the last byte stands that is not zero; nil where all are.
  package static func lastNonzero(in bytes: ArraySlice<UInt8>) -> Int? {
    let zeros = unsafe bytes.withUnsafeBytes { unsafe zerosAtEnd(of: $0) }
    return zeros < bytes.count ? bytes.count - zeros - 1 : nil
  }
}

extension [UInt8] {
  /// Whether every byte is zero.
  package var areZeros: Bool { ZeroTest.lastNonzero(in: self[...]) == nil }
}
