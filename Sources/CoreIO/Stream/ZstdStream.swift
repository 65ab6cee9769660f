internal import CZstd
internal import ELFCore

/// What a Zstandard stream unpacks to, up to its first byte that can't be decoded.
@safe package final class ZstdStream: ByteStream {
  private let context: OpaquePointer?
  private var input: PackedInput
  /// How many bytes the decoder wants next: with those of a header, or of a block, the header after them. It is given no more
  /// than the one or the other: with the next header, a broken one would take the whole block before it along.
  private var wanted = 0
  /// Whether all that was decoded is given out.
  private var isFlushed = true
  private var phase = Phase.start
  /// The first bytes of the frame.
  private var magic: [UInt8] = []
  private var block = Block()
  private var trail = BlockTrail()
  private var isAtEnd = false
  package private(set) var ending = StreamEnding.whole
  package private(set) var doubtful: UInt64 = 0
  package var isChecked: Bool { ending == .whole && !hasUnchecked }
  package private(set) var zerosBehind: UInt64 = 0
  /// Whether a frame had no checksum.
  private var hasUnchecked = false

  /// What the decoder is to be given next.
  private enum Phase {
    /// A frame's magic number.
    case start
    /// The rest of its header, or of a frame that is skipped.
    case frame
    case blockHeader, block, endMark, checksum
  }

  /// The block that is decoded, or was decoded last.
  private struct Block {
    var isLast = false
    /// Whether its bytes stand there as they are: all of them, or one for all.
    var isPlain = false
    /// How many bytes of the stream are still to come.
    var left = 0
    /// How many bytes it gave.
    var size: UInt64 = 0

    static let headerSize = 3

    /// Two bits are its type: as it is, one byte for all, packed.
    init(header: UInt32 = 0) {
      isLast = header & 1 != 0
      let type = header >> 1 & 3
      isPlain = type < 2
      left = type == 1 ? 1 : Int(header >> 3)
    }
  }

  /// 2 GiB, the most that `zstd --long` makes. Of a window only what is decoded into it takes memory.
  private static let largestWindowLog: Int32 = 31

  /// The decoder's words for a frame whose window is larger.
  static let tooLargeWindow = unsafe String(
    cString: ZSTD_getErrorString(ZSTD_error_frameParameter_windowTooLarge))

  static let frameMagic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
  /// The header of an empty block that is a frame's last one.
  private static let endMark: [UInt8] = [1, 0, 0]

  package init(_ upstream: DescriptorStream) {
    input = PackedInput(upstream, capacity: 256 << 10)
    unsafe context = ZSTD_createDCtx()
    _ = unsafe ZSTD_initDStream(context)
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindowLog)
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var output = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    while unsafe output.pos < output.size, !isAtEnd { unsafe decode(into: &output) }
    return unsafe output.pos
  }

  /// Whether what comes next is a skippable frame's.
  private var isSkipped: Bool { phase == .frame && magic != Self.frameMagic }

  /// What zeros are that the stream ends in here. One checksum in 256 ends in a zero.
  private var zerosAtEnd: PackedInput.Zeros {
    if isSkipped || phase == .checksum { return .areData }
    return phase == .start && magic.isEmpty ? .areBehind : .fewAreData
  }

  private func decode(into output: inout ZSTD_outBuffer) {
    guard isFlushed else {
      _ = unsafe feed(UnsafeRawBufferPointer(start: nil, count: 0), &output)
      return
    }
    // No block is the decoder's last one: whether all of them together are what the frame promised is asked apart from
    // whether a block can be decoded.
    if phase == .endMark {
      _ = unsafe Self.endMark.withUnsafeBytes { unsafe feed($0, &output) }
      return
    }
    let asked =
      switch phase {
      case .start: Self.frameMagic.count - magic.count
      case .frame: isSkipped ? wanted : max(1, wanted - Block.headerSize)
      case .blockHeader: Block.headerSize
      case .block: block.left
      case .endMark, .checksum: wanted
      }
    let bytes = unsafe input.take(asked, zeros: zerosAtEnd)
    guard unsafe !bytes.isEmpty else {
      return end(phase == .start && magic.isEmpty ? .whole : .cut)
    }
    guard phase == .blockHeader else {
      let taken = unsafe feed(bytes, &output)
      return input.giveBack(bytes.count - taken)
    }
    var header = unsafe Array(bytes)
    guard let number = header.span.integer(at: 0, size: asked, .little) else { return end(.cut) }
    block = Block(header: UInt32(number))
    header[0] &= ~1
    _ = unsafe header.withUnsafeBytes { unsafe feed($0, &output) }
  }

  /// Hands on what the decoder is due, or nothing where it has still to give out what it has: how many bytes it took. A header
  /// of a block it takes as a whole.
  private func feed(_ bytes: UnsafeRawBufferPointer, _ output: inout ZSTD_outBuffer) -> Int {
    let start = unsafe output.pos
    var piece = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &output, &piece)
    guard ZSTD_isError(result) == 0 else {
      end(ending(result))
      return bytes.count
    }
    block.size += unsafe UInt64(output.pos - start)
    wanted = result
    isFlushed = unsafe output.pos < output.size
    unsafe advance(UnsafeRawBufferPointer(rebasing: bytes[..<piece.pos]))
    return unsafe piece.pos
  }

  /// Goes on to what comes next, after these bytes.
  private func advance(_ taken: UnsafeRawBufferPointer) {
    switch phase {
    case .start:
      unsafe magic.append(contentsOf: taken)
      if magic.count == Self.frameMagic.count { phase = .frame }
    case .frame:
      if wanted == 0 { begin() }
      if !isSkipped, wanted == Block.headerSize { phase = .blockHeader }
    case .blockHeader:
      phase = .block
    case .block:
      block.left -= taken.count
    case .endMark:
      guard wanted == 0 else { return phase = .checksum }
      hasUnchecked = true
      begin()
    case .checksum:
      if wanted == 0 {
        trail.clear()
        begin()
      }
    }
    guard phase == .block, block.left == 0, isFlushed else { return }
    trail.append(block.size, isPlain: block.isPlain)
    phase = block.isLast ? .endMark : .blockHeader
  }

  /// A frame has ended, and another may begin.
  private func begin() {
    phase = .start
    magic = []
    block = Block()
  }

  private func ending(_ result: Int) -> StreamEnding {
    guard phase != .endMark, ZSTD_getErrorCode(result) != ZSTD_error_checksum_wrong else {
      return .checksumWrong
    }
    // A plain block takes any bytes: one that can't be decoded has a header that isn't one.
    let isHeader = phase != .block || block.isPlain
    doubtful =
      trail.doubtful(isHeader: isHeader || trail.isPlain) + (phase == .block ? block.size : 0)
    return .damaged(unsafe String(cString: ZSTD_getErrorName(result)))
  }

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    self.ending = input.ending(ending)
    zerosBehind = self.ending == .whole ? input.zerosBehind : 0
  }
}
