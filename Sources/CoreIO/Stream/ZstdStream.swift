internal import CZstd

/// What a Zstandard stream unpacks to, up to its first byte that can't be decoded.
@safe package final class ZstdStream: ByteStream {
  private let upstream: DescriptorStream
  private let context: OpaquePointer?
  private var input = PackedInput(capacity: 256 << 10)
  /// How many bytes the decoder wants next: the rest of a block and the next one's header. Given no more, it decodes one
  /// block a call; of several in one call, a broken one would take the whole ones before it along.
  private var wanted = 0
  private var isInFrame = false
  private var isAtEnd = false
  package private(set) var ending = StreamEnding.whole

  /// 2 GiB, the most that `zstd --long` makes. Of a window only what is decoded into it takes memory.
  private static let largestWindowLog: Int32 = 31

  /// The decoder's words for a frame whose window is larger.
  static let tooLargeWindow = unsafe String(
    cString: ZSTD_getErrorString(ZSTD_error_frameParameter_windowTooLarge))

  package init(_ upstream: DescriptorStream) {
    self.upstream = upstream
    unsafe context = ZSTD_createDCtx()
    wanted = unsafe ZSTD_initDStream(context)
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindowLog)
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var output = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    while unsafe output.pos < output.size, !isAtEnd { unsafe decode(into: &output) }
    return unsafe output.pos
  }

  private func decode(into output: inout ZSTD_outBuffer) {
    let bytes = unsafe input.take(max(1, wanted), from: upstream)
    guard bytes.count > 0 || isInFrame else { return end(.whole) }
    let produced = unsafe output.pos
    var piece = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &output, &piece)
    unsafe input.giveBack(bytes.count - piece.pos)
    guard ZSTD_isError(result) == 0 else {
      let isChecksum = ZSTD_getErrorCode(result) == ZSTD_error_checksum_wrong
      return end(
        isChecksum ? .checksumWrong : .damaged(unsafe String(cString: ZSTD_getErrorName(result))))
    }
    isInFrame = result != 0
    wanted = result
    // Nothing came and nothing went: the stream has ended inside a frame.
    if unsafe bytes.isEmpty, unsafe output.pos == produced { end(.cut) }
  }

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    self.ending = ending
    if ending == .whole || ending == .cut, case .unreadable = upstream.ending {
      self.ending = upstream.ending
    }
  }
}
