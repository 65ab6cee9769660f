internal import CLZ4
internal import ELFCore

/// What a run of LZ4 frames unpacks to, up to its first byte that can't be decoded.
@safe package final class LZ4Stream: ByteStream {
  private let upstream: DescriptorStream
  private var context: OpaquePointer?
  private var input = PackedInput(capacity: (4 << 20) + 64)
  /// How many bytes the decoder wants next: a block and the next one's header. Given no more, it decodes one block a
  /// call; of several in one call, a broken one would take the whole ones before it along.
  private var wanted = 0
  private var isInFrame = false
  private var isAtEnd = false
  /// The last bytes given out, which the blocks of a linked frame go on from.
  private var window: [UInt8] = []
  /// The four bytes that the decoder took last: before a block, its header.
  private var blockHeader: [UInt8] = []
  /// What there is of a block whose end is missing.
  private var cutBlock: [UInt8]?
  /// What was decoded of a block whose end is missing, and is not given out yet.
  private var rest: ArraySlice<UInt8> = []
  package private(set) var ending = StreamEnding.whole

  package init(_ upstream: DescriptorStream) {
    self.upstream = upstream
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

  private static let windowSize = 64 << 10

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    unsafe window.append(contentsOf: bytes.suffix(Self.windowSize))
    window.removeFirst(max(0, window.count - Self.windowSize))
  }

  private func decode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let asked = max(1, wanted)
    let bytes = unsafe input.take(asked, from: upstream)
    guard unsafe !bytes.isEmpty || isInFrame else {
      end(.whole)
      return 0
    }
    if bytes.count < asked, let size = blockSize(asked: asked), bytes.count < size {
      cutBlock = unsafe Array(bytes)
      end(.cut)
      return 0
    }
    var consumed = bytes.count
    var produced = buffer.count
    let result = unsafe LZ4F_decompress(
      context, buffer.baseAddress, &produced, bytes.baseAddress, &consumed, nil)
    guard LZ4F_isError(result) == 0 else {
      let name = unsafe String(cString: LZ4F_getErrorName(result))
      end(name == "ERROR_contentChecksum_invalid" ? .checksumWrong : .damaged(name))
      return 0
    }
    if consumed >= 4 { blockHeader = unsafe Array(bytes[consumed - 4..<consumed]) }
    input.giveBack(bytes.count - consumed)
    isInFrame = result != 0
    wanted = result
    if consumed == 0, produced == 0 { end(.cut) }
    return produced
  }

  /// The size of the block that comes next, where what the decoder asks for is a block: with a checksum or without, and
  /// with the header of the one after it.
  private func blockSize(asked: Int) -> Int? {
    let bytes = blockHeader
    guard let header = bytes.span.integer(at: 0, size: 4, .little) else { return nil }
    let size = Int(header & 0x7fff_ffff)
    return size > 0 && (asked == size + 4 || asked == size + 8) ? size : nil
  }

  /// What the beginning of a block unpacks to: up to 4 MiB would be lost with its end otherwise.
  private func decodePart(of block: [UInt8]) -> [UInt8] {
    guard let top = blockHeader.last, top < 0x80 else { return block }  // stored as it is
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

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    self.ending = ending
    if ending == .whole || ending == .cut, case .unreadable = upstream.ending {
      self.ending = upstream.ending
    }
  }
}
