internal import ELFCore

/// Reads small records of a source in rising order without a system call for each.
package struct ByteWindow {
  private let source: any ByteSource
  /// All of a source that is in memory already.
  private let held: ArraySlice<UInt8>?
  private var start: UInt64 = 0
  private var bytes: [UInt8] = []
  /// How much is read next: of most cores, all that is asked for stands close together.
  private var size = 8 << 10
  /// Below what is read past the page cache: headers and notes are read more than once.
  private static let largest = 64 << 10

  package init(_ source: any ByteSource) {
    self.source = source
    held = source.held(0..<source.size)
  }

  /// Up to `count` bytes from `offset` on; fewer only at the end of the source.
  package mutating func bytes(at offset: UInt64, count: Int) throws(SalvageError) -> [UInt8] {
    Array(try part(at: offset, count: count))
  }

  /// The same, without a copy.
  package mutating func part(
    at offset: UInt64, count: Int
  ) throws(SalvageError) -> ArraySlice<UInt8> {
    guard offset < source.size else { return [] }
    if let held { return held[Int(offset)...].prefix(count) }
    guard count <= Self.largest else { return try source.bytes(at: offset, count: count)[...] }
    if !holds(offset, count) {
      bytes = try source.bytes(at: offset, count: max(size, count))
      start = offset
      size = min(2 * size, Self.largest)
    }
    let first = Int(offset - start)
    return bytes[min(first, bytes.count)..<min(first + count, bytes.count)]
  }

  /// The same, for a look at another place: the window stays where it is.
  package func peek(at offset: UInt64, count: Int) throws(SalvageError) -> ArraySlice<UInt8> {
    guard holds(offset, count) else { return try source.bytes(at: offset, count: count)[...] }
    let first = Int(offset - start)
    return bytes[first..<first + count]
  }

  /// No overflow: what is inside a source is far below the last offset that can be named.
  private func holds(_ offset: UInt64, _ count: Int) -> Bool {
    offset >= start && offset + UInt64(count) <= start + UInt64(bytes.count)
  }
}
