/// The zeros that a packed stream ends in. A file that was to be longer, a power cut and a disk that fails leave such; a decoder
/// may take them for anything: empty blocks, plain ones, one symbol over and over.
struct ZeroTail {
  /// How many zeros came last of the stream.
  private(set) var count: UInt64 = 0
  /// How many bytes had been decoded where they begin, at the most.
  private var start: UInt64 = 0

  /// Memory that is zeros packs into some, too. No device loses less than that.
  private static let least: UInt64 = 512

  /// Takes note of what the decoder took.
  /// - Parameters:
  ///   - position: how many bytes had been decoded before.
  ///   - isPlain: whether these stand there as they are.
  mutating func add(_ bytes: UnsafeRawBufferPointer, at position: UInt64, isPlain: Bool = false) {
    let zeros = unsafe Self.zerosAtEnd(of: bytes)
    let others = bytes.count - zeros
    if others > 0 || count == 0 { start = position + (isPlain ? UInt64(others) : 0) }
    count = others > 0 ? UInt64(zeros) : count + UInt64(zeros)
  }

  static func zerosAtEnd(of bytes: UnsafeRawBufferPointer) -> Int {
    var end = bytes.count
    while unsafe end >= 256
      && ZeroTest.isZero(UnsafeRawBufferPointer(rebasing: bytes[end - 256..<end]))
    {
      end -= 256
    }
    while unsafe end > 0 && bytes[end - 1] == 0 { end -= 1 }
    return bytes.count - end
  }

  /// What a stream has become that ended in so many, and how many of its last bytes are nobody's; nil where they are few.
  func damage(at position: UInt64) -> (ending: StreamEnding, doubtful: UInt64)? {
    guard count >= Self.least else { return nil }
    return (
      .damaged("its last \(ByteCount(count)) are zeros"), position - min(start, position)
    )
  }
}
