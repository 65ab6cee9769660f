internal import ELFCore

/// The bytes of a packed stream that are at hand: read in large pieces, taken in those that the decoder wants.
///
/// Zeros that the stream ends in are kept from the decoder. A file that was to be longer, a power cut and a disk that fails leave
/// such, and a decoder may take them for anything: empty blocks, plain ones, one symbol over and over. What is left is a
/// stream that was cut where they begin, or a little earlier: zeros before them may have been its own. Behind what the decoder
/// calls the end, they are nothing of the stream.
@safe struct PackedInput: ~Copyable {
  private let upstream: DescriptorStream
  private let buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// How many zeros come behind what is in the buffer, as far as was read.
  private var zeros: UInt64 = 0
  /// How many of those that were kept back were given out since then.
  private var givenOfThem: UInt64 = 0
  /// Whether another byte comes behind them.
  private var areInside = false

  /// Memory that is zeros packs into some, too. No device loses less than that.
  private static let least: UInt64 = 512
  private static let pieceSize = 64 << 10

  /// - Parameter capacity: the most that can be taken at once.
  init(_ upstream: DescriptorStream, capacity: Int) {
    self.upstream = upstream
    unsafe buffer = .allocate(byteCount: capacity, alignment: 4096)
  }

  deinit { unsafe buffer.deallocate() }

  /// What zeros that the stream ends in are to the decoder.
  enum Zeros {
    /// Its own, if they are few.
    case fewAreData
    /// Its own, however many: what it takes there may well be zeros.
    case areData
    /// None of its own: it has ended before them.
    case areBehind
  }

  /// The next `count` bytes at most; fewer only at the end of the stream. They stay as they are until the next call.
  mutating func take(_ count: Int, zeros: Zeros) -> UnsafeRawBufferPointer {
    let count = unsafe min(count, buffer.count)
    if end - start < count { fill(to: count, zeros) }
    let taken = start..<min(start + count, end)
    start = taken.upperBound
    return unsafe UnsafeRawBufferPointer(rebasing: buffer[taken])
  }

  /// The last `count` bytes taken are to be taken again.
  mutating func giveBack(_ count: Int) { start -= count }

  /// How the stream has ended whose decoder, given all that could be taken, says this.
  func ending(_ ending: StreamEnding) -> StreamEnding {
    switch ending {
    case .damaged, .unreadable: return ending
    // It is missing where zeros were taken for a part of it.
    case .checksumWrong: if zeros == 0 || givenOfThem == 0 { return ending }
    case .whole, .cut:
      if case .unreadable = upstream.ending { return upstream.ending }
      if zeros == 0 || ending == .whole { return ending }
    }
    return .damaged("its last \(ByteCount(zeros + givenOfThem)) are zeros")
  }

  /// How many zeros there are behind a stream that has ended where it should.
  var zerosBehind: UInt64 { zeros }

  /// Reads on until so many bytes are in the buffer, or no more come.
  private mutating func fill(to count: Int, _ kind: Zeros) {
    unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
    end -= start
    start = 0
    while end < count {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
      guard zeros > 0 else {
        let got = unsafe upstream.read(into: room)
        guard got > 0 else { return }
        zeros = unsafe UInt64(
          ZeroTest.zerosAtEnd(of: UnsafeRawBufferPointer(rebasing: room[..<got])))
        givenOfThem = 0
        end += got - Int(zeros)
        continue
      }
      guard kind == .areData || hasMore(orFewerThan: kind == .areBehind ? 1 : Self.least)
      else { return }
      let given = Int(min(zeros, UInt64(kind == .areData ? count - end : room.count)))
      unsafe UnsafeMutableRawBufferPointer(rebasing: room[..<given])
        .initializeMemory(as: UInt8.self, repeating: 0)
      end += given
      zeros -= UInt64(given)
      givenOfThem += UInt64(given)
      if zeros == 0 { areInside = false }
    }
  }

  /// Whether the zeros that come next are followed by another byte, or are too few to be anything but the stream's.
  private mutating func hasMore(orFewerThan least: UInt64) -> Bool {
    while !areInside {
      let next = upstream.peek(Self.pieceSize)
      guard !next.isEmpty else { return zeros < least }
      areInside = unsafe next.withUnsafeBytes { unsafe ZeroTest.zerosAtEnd(of: $0) } < next.count
      guard !areInside else { break }
      upstream.discard(UInt64(next.count))
      zeros += UInt64(next.count) + upstream.skipHole()
    }
    return true
  }
}
