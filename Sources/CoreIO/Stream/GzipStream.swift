internal import CZlib

/// What the members of a gzip file unpack to, up to the first byte that can't be decoded.
@safe package final class GzipStream: ByteStream {
  /// zlib keeps its address.
  private let decoder = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var input: PackedInput
  private var isInMember = false
  /// Whether the last block of the member has ended.
  private var isInTrailer = false
  private var isFirst = true
  private var isAtEnd = false
  package private(set) var ending = StreamEnding.whole
  package private(set) var doubtful: UInt64 = 0
  package var isChecked: Bool { ending == .whole }
  package private(set) var zerosBehind: UInt64 = 0
  /// How many zeros have come since the last member ended.
  private var skippedZeros: UInt64 = 0
  /// How many bytes of the member have come.
  private var position: UInt64 = 0

  /// Damage is decoded as something else to the end of its block, and on until another can't begin. The block may be long:
  /// of a core that packs well, half a megabyte; those that are none after it were 56 kB in trials.
  private static let doubtfulBehindBlock: UInt64 = 64 << 10
  /// Where blocks began in the member, some of those that may still count: in rising order.
  private var blocks: [UInt64] = [0]
  private static let blockDistance: UInt64 = 4 << 10

  /// What zlib's `data_type` tells: that a block has just ended, and that it is in the last one.
  private static let (blockEnd, lastBlock): (Int32, Int32) = (128, 64)
  private static let chunkSize = 256 << 10
  /// The checksum and the length.
  private static let trailerSize = 8
  /// The largest window, and a header and a trailer of gzip's.
  private static let windowBits: Int32 = 15 + 16
  static let magic: [UInt8] = [0x1f, 0x8b]

  package init(_ upstream: DescriptorStream) {
    input = PackedInput(upstream, capacity: Self.chunkSize)
    unsafe decoder.initialize(to: z_stream())
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let result = unsafe inflateInit2_(decoder, Self.windowBits, ZLIB_VERSION, size)
    if result != Z_OK { end(.damaged(reason(result))) }
  }

  deinit {
    unsafe inflateEnd(decoder)
    unsafe decoder.deallocate()
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    while done < buffer.count, !isAtEnd {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      done += unsafe decode(into: room)
    }
    return done
  }

  private func decode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    // Zeros behind the last member fill a tape's block; the length that it ends in has zeros, too.
    let bytes =
      unsafe isInTrailer
      ? input.take(Self.trailerSize, zeros: .areData)
      : input.take(Self.chunkSize, zeros: isInMember || isFirst ? .fewAreData : .areBehind)
    guard isInMember else {
      unsafe begin(bytes)
      return 0
    }
    // zlib counts in 32 bits.
    let room = min(buffer.count, Int(Int32.max))
    unsafe decoder.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe decoder.pointee.avail_in = UInt32(bytes.count)
    unsafe decoder.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe decoder.pointee.avail_out = UInt32(room)
    let start = position
    var result = Z_OK
    // It comes back at each block. Of hostile blocks five bytes are one, and to take the input anew is dear.
    repeat {
      let left = unsafe decoder.pointee.avail_out
      result = unsafe inflate(decoder, Z_BLOCK)
      position += unsafe UInt64(left - decoder.pointee.avail_out)
      let place = unsafe decoder.pointee.data_type
      if place & Self.blockEnd != 0 {
        if place & Self.lastBlock == 0 { beginBlock() } else { isInTrailer = true }
      }
    } while unsafe result == Z_OK && decoder.pointee.avail_in > 0 && decoder.pointee.avail_out > 0
    let produced = Int(position - start)
    let left = unsafe Int(decoder.pointee.avail_in)
    input.giveBack(left)
    switch result {
    case Z_OK: break
    case Z_STREAM_END:
      isInMember = false
      isInTrailer = false
    // Nothing came and nothing went: the stream has ended inside a member.
    case Z_BUF_ERROR where unsafe bytes.isEmpty: end(.cut)
    default:
      end(ending(result))
      if case .damaged = ending { doubtful = doubtfulNow }
    }
    return produced
  }

  /// Notes that a block begins here.
  private func beginBlock() {
    if position - (blocks.last ?? 0) >= Self.blockDistance { blocks.append(position) }
    while blocks.count > 1, position - blocks[1] >= Self.doubtfulBehindBlock {
      blocks.removeFirst()
    }
  }

  /// How much of what came may be wrong where it can't be decoded on: from where the block began that damage may be in.
  private var doubtfulNow: UInt64 {
    let last = position - min(position, Self.doubtfulBehindBlock)
    return position - (blocks.last { $0 <= last } ?? 0)
  }

  /// Goes on to the next member.
  private func begin(_ bytes: UnsafeRawBufferPointer) {
    guard unsafe !bytes.isEmpty else { return end(.whole) }
    // What was read with the member's last bytes, and what another member follows.
    let start = isFirst ? 0 : unsafe bytes.firstIndex { $0 != 0 } ?? bytes.count
    input.giveBack(bytes.count - start)
    skippedZeros += UInt64(start)
    guard start < bytes.count else { return }
    skippedZeros = 0
    guard unsafe bytes[start] == Self.magic[0] else {
      return end(.damaged("what follows is nothing of gzip's"))
    }
    unsafe inflateReset(decoder)
    isInMember = true
    position = 0
    blocks = [0]
    isFirst = false
  }

  private func ending(_ result: Int32) -> StreamEnding {
    let reason = reason(result)
    // Of the checksum, and of the length that stands behind it.
    return reason.hasSuffix("data check") || reason.hasSuffix("length check")
      ? .checksumWrong : .damaged(reason)
  }

  /// The decoder's words.
  private func reason(_ result: Int32) -> String {
    unsafe (decoder.pointee.msg ?? UnsafeMutablePointer(mutating: zError(result))).map {
      unsafe String(cString: $0)
    } ?? "error \(result)"
  }

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    // Most lengths end in zeros: none that the stream ends in are a sign that the checksum itself is missing.
    self.ending = ending == .checksumWrong ? ending : input.ending(ending)
    zerosBehind = self.ending == .whole ? skippedZeros + input.zerosBehind : 0
  }
}
