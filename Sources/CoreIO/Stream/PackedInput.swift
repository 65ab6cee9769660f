/// The bytes of a packed stream that are at hand: read in large pieces, taken in those that the decoder wants.
@safe struct PackedInput: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  /// - Parameter capacity: the most that can be taken at once.
  init(capacity: Int) {
    unsafe buffer = .allocate(byteCount: capacity, alignment: 4096)
  }

  deinit { unsafe buffer.deallocate() }

  /// The next `count` bytes at most; fewer only at the end of the stream. They stay as they are until the next call.
  mutating func take(_ count: Int, from stream: DescriptorStream) -> UnsafeRawBufferPointer {
    let count = unsafe min(count, buffer.count)
    if end - start < count {
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
      end -= start
      start = 0
      unsafe end += stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    }
    let taken = start..<min(start + count, end)
    start = taken.upperBound
    return unsafe UnsafeRawBufferPointer(rebasing: buffer[taken])
  }

  /// The last `count` bytes taken are to be taken again.
  mutating func giveBack(_ count: Int) { start -= count }
}
