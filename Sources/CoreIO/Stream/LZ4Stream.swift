internal import CLZ4
internal import ELFCore

/// What a run of LZ4 frames unpacks to, up to its first byte that can't be decoded.
@safe package final class LZ4Stream: ByteStream {
  private var context: OpaquePointer?
  private var input: PackedInput
  /// How many bytes the decoder wants next: with those of a header, or of a block, the header after them. It is given no more
  /// than the one or the other: with the next header, a broken one would take the whole block before it along.
  private var wanted = 0
  /// Whether all that was decoded is given out.
  private var isFlushed = true
  private var phase = Phase.start
  /// The first bytes of the frame.
  private var magic: [UInt8] = []
  /// What the frame's header says first.
  private var flags: UInt8 = 0
  private var block = Block()
  private var trail = BlockTrail()
  private var isAtEnd = false
  /// The last bytes given out, which the blocks of a linked frame go on from.
  private var window: [UInt8] = []
  /// What there is of a block whose end is missing.
  private var cutBlock: [UInt8]?
  /// What was decoded of a block whose end is missing, and is not given out yet.
  private var rest: ArraySlice<UInt8> = []
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
    case blockHeader, block, checksum
  }

  /// The block that is decoded, or was decoded last.
  private struct Block {
    /// Whether its bytes stand there as they are.
    var isPlain = false
    /// How many bytes of the stream it has, without a checksum of its own.
    var packedSize = 0
    /// How many bytes of the stream are still to come, with a checksum.
    var left = 0
    let hasChecksum: Bool
    /// How many bytes it gave.
    var size: UInt64 = 0

    static let headerSize = 4
    /// Whether it is the mark that ends a frame.
    var isEndMark: Bool { packedSize == 0 && !isPlain }

    init(header: UInt64 = 0, hasChecksum: Bool = false) {
      isPlain = header >> 31 != 0
      packedSize = Int(header & 0x7fff_ffff)
      self.hasChecksum = hasChecksum
      left = packedSize + (hasChecksum ? 4 : 0)
    }
  }

  static let frameMagic: [UInt8] = [0x04, 0x22, 0x4d, 0x18]
  private static let blockChecksums: UInt8 = 0x10

  package init(_ upstream: DescriptorStream) {
    input = PackedInput(upstream, capacity: (4 << 20) + 64)
    _ = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
  }

  deinit { _ = unsafe LZ4F_freeDecompressionContext(context) }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    while done < buffer.count, !isAtEnd {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe decode(into: room)
      done += count
    }
    unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[..<done]))
    if let block = cutBlock { rest = decodePart(of: block)[...] }
    cutBlock = nil
    let last = min(rest.count, buffer.count - done)
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      .copyBytes(from: rest.prefix(last))
    rest.removeFirst(last)
    return done + last
  }

  /// Whether what comes next is a skippable frame's.
  private var isSkipped: Bool { phase == .frame && magic != Self.frameMagic }

  /// What zeros are that the stream ends in here. One checksum in 256 ends in a zero.
  private var zerosAtEnd: PackedInput.Zeros {
    if isSkipped || phase == .checksum { return .areData }
    return phase == .start && magic.isEmpty ? .areBehind : .fewAreData
  }

  private static let windowSize = 64 << 10
  private static let smallestBlock = 4096

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    unsafe window.append(contentsOf: bytes.suffix(Self.windowSize))
    window.removeFirst(max(0, window.count - Self.windowSize))
  }

  private func decode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let asked =
      switch phase {
      case _ where !isFlushed: 0
      case .start: Self.frameMagic.count - magic.count
      case .frame: isSkipped ? wanted : max(1, wanted - Block.headerSize)
      case .blockHeader: Block.headerSize
      case .block: block.left
      case .checksum: wanted
      }
    let bytes = unsafe input.take(asked, zeros: zerosAtEnd)
    if asked > 0, unsafe bytes.isEmpty {
      end(phase == .start && magic.isEmpty ? .whole : .cut)
      return 0
    }
    if bytes.count < asked, phase == .block || phase == .blockHeader {
      if phase == .block { cutBlock = unsafe Array(bytes.prefix(block.packedSize)) }
      end(.cut)
      return 0
    }
    var consumed = bytes.count
    var produced = buffer.count
    let result = unsafe LZ4F_decompress(
      context, buffer.baseAddress, &produced, bytes.baseAddress, &consumed, nil)
    guard LZ4F_isError(result) == 0 else {
      end(ending(result))
      return 0
    }
    input.giveBack(bytes.count - consumed)
    isFlushed = produced < buffer.count
    block.size += UInt64(produced)
    wanted = result
    unsafe advance(UnsafeRawBufferPointer(rebasing: bytes[..<consumed]))
    return produced
  }

  /// Goes on to what comes next, after these bytes.
  private func advance(_ taken: UnsafeRawBufferPointer) {
    switch phase {
    case .start:
      unsafe magic.append(contentsOf: taken)
      if magic.count == Self.frameMagic.count { phase = .frame }
    case .frame:
      if flags == 0 { unsafe flags = taken.first ?? 0 }
      if wanted == 0 { begin() }
      if !isSkipped, wanted == Block.headerSize { phase = .blockHeader }
    case .blockHeader:
      block = Block(
        header: unsafe Array(taken).span.integer(at: 0, size: 4, .little) ?? 0,
        hasChecksum: flags & Self.blockChecksums != 0)
      guard wanted > 0 else {
        hasUnchecked = hasUnchecked || !block.hasChecksum
        return begin()
      }
      phase = block.isEndMark ? .checksum : .block
    case .block:
      block.left -= taken.count
    case .checksum:
      if wanted == 0 {
        trail.clear()
        begin()
      }
    }
    guard phase == .block, block.left == 0, isFlushed else { return }
    // One with a checksum of its own is right.
    if block.hasChecksum { trail.clear() } else { trail.append(block.size, isPlain: block.isPlain) }
    phase = .blockHeader
  }

  /// What the beginning of a block unpacks to: up to 4 MiB would be lost with its end otherwise.
  private func decodePart(of block: [UInt8]) -> [UInt8] {
    if self.block.isPlain { return block }
    var bytes = [UInt8](repeating: 0, count: 4 << 20)
    var size = block.count
    var step = 1
    // The decoder takes an end inside literals, and none inside a match: then a shorter piece does.
    while size > 0 {
      let count = decodePart(of: block[..<size], into: &bytes)
      guard count <= 0 else { return Array(bytes[..<count]) }
      size -= step
      if block.count - size >= 32 { step *= 2 }
    }
    return []
  }

  /// How many bytes there were; none or fewer where the decoder takes no such end.
  private func decodePart(of block: ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Int {
    let count = unsafe bytes.withUnsafeMutableBytes { output in
      unsafe block.withUnsafeBytes { input in
        unsafe window.withUnsafeBytes { window in
          unsafe LZ4_decompress_safe_partial_usingDict(
            input.baseAddress, output.baseAddress, Int32(input.count), Int32(output.count),
            Int32(output.count), window.baseAddress, Int32(window.count))
        }
      }
    }
    return Int(count)
  }

  /// A frame has ended, and another may begin.
  private func begin() {
    phase = .start
    magic = []
    flags = 0
    block = Block()
  }

  private func ending(_ result: Int) -> StreamEnding {
    let name = unsafe String(cString: LZ4F_getErrorName(result))
    // Of all of a frame, and not of the place where it shows.
    guard !["ERROR_contentChecksum_invalid", "ERROR_frameSize_wrong"].contains(name) else {
      return .checksumWrong
    }
    // Few blocks are so small that a header is no more than its first byte: damage is hardly ever in one, and reads as one.
    let isInBlock = phase == .block && block.packedSize >= Self.smallestBlock
    doubtful = trail.doubtful(isHeader: !isInBlock) + (phase == .block ? block.size : 0)
    return .damaged(name)
  }

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    self.ending = input.ending(ending)
    zerosBehind = self.ending == .whole ? input.zerosBehind : 0
  }
}
