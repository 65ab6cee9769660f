/// How much before its end a stream of packed blocks may be wrong, where it can't be decoded on.
///
/// Damage covers a run of bytes. In a block that is packed it shows where that block is decoded, as a rule; one that
/// doesn't pack stands in the stream as it is, and takes any bytes. So where a header is the first thing that is wrong, what
/// is wrong may begin in the block before it; where the header is sound, it begins behind it.
struct BlockTrail {
  /// Where blocks begin that damage may be in, in rising order: of the last packed one, or of plain ones in a row.
  private var starts: [UInt64] = []
  private var end: UInt64 = 0
  /// Whether the last block stood there as it is.
  private(set) var isPlain = false
  /// Whether empty blocks came after it. Zeros in the place of a header read as one.
  private var hasEmpty = false

  /// What stands where damage is can look like headers of blocks, one after another: so far back no plain one is
  /// trusted. It is a block of Zstandard's at its largest.
  private static let reach: UInt64 = 128 << 10

  /// Takes note of a block that was decoded, of so many bytes.
  mutating func append(_ size: UInt64, isPlain: Bool) {
    guard size > 0 else {
      hasEmpty = true
      return
    }
    if !(isPlain && self.isPlain) { starts = [] }
    starts.append(end)
    end += size
    while starts.count > 1, end - starts[1] >= Self.reach { starts.removeFirst() }
    self.isPlain = isPlain
    hasEmpty = false
  }

  /// All that came agrees with its checksum.
  mutating func clear() { self = BlockTrail() }

  /// How many of the last bytes may be wrong where what comes next can't be decoded.
  /// - Parameter isHeader: whether that is a header.
  func doubtful(isHeader: Bool) -> UInt64 {
    guard isHeader || hasEmpty, let start = starts.first else { return 0 }
    return end - start
  }
}
