internal import CLinux

/// A part of a file that is searched, and moves through it. What the device can't read is left out.
@safe package struct SearchWindow {
  private let file: any ByteSource
  private let buffer: Buffer
  /// What the window shows of the file; never empty after `advance` was true.
  package private(set) var range: Range<UInt64>

  private static let size = 1 << 20
  /// In a stretch with unreadable sectors.
  private static let smallSize = 4096

  /// Owns the memory.
  @safe private final class Buffer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: SearchWindow.size, alignment: 4096)
    deinit { unsafe bytes.deallocate() }
  }

  package init(_ file: any ByteSource, from start: UInt64 = 0) {
    self.file = file
    buffer = Buffer()
    range = start..<start
  }

  /// Moves on, so that the last bytes before are shown once more; false at the end of the file.
  package mutating func advance(overlap: Int) throws(SalvageError) -> Bool {
    let back = min(UInt64(overlap), range.length)
    var position = range.upperBound - back
    guard range.upperBound < file.size else { return false }
    while position < file.size {
      for size in [Self.size, Self.smallSize] {
        let count = Int(min(UInt64(size), file.size - position))
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
        guard try unsafe file.readable(at: position, into: part) else { continue }
        range = position..<position + UInt64(count)
        return true
      }
      position += UInt64(Self.smallSize)
    }
    return false
  }

  /// What lies before that place need not be shown any more.
  package mutating func skip(to position: UInt64) {
    if position > range.upperBound { range = position..<position }
  }

  /// Where the pattern stands first at or after `start`, in what the window shows.
  package func first(_ pattern: [UInt8], from start: UInt64) -> UInt64? {
    guard start < range.upperBound else { return nil }
    let skipped = Int(max(start, range.lowerBound) - range.lowerBound)
    let shown = unsafe buffer.bytes[skipped..<Int(range.length)]
    return unsafe pattern.withUnsafeBytes { pattern in
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: shown)
      guard let start = bytes.baseAddress, let wanted = pattern.baseAddress,
        let found = unsafe linux_find(start, UInt(bytes.count), wanted, UInt(pattern.count))
      else { return nil }
      return range.lowerBound + UInt64(skipped) + UInt64(unsafe found - start)
    }
  }
}
