internal import ELFCore

/// Reads small records of a source in rising order without a system call for each.
package struct ByteWindow {
  private let source: any ByteSource
  private var start: UInt64 = 0
  private var bytes: [UInt8] = []
  private static let size = 256 << 10

  package init(_ source: any ByteSource) { self.source = source }

  /// Up to `count` bytes from `offset` on; fewer only at the end of the source.
  package mutating func bytes(at offset: UInt64, count: Int) throws(SalvageError) -> [UInt8] {
    guard offset < source.size else { return [] }
    guard count <= Self.size else { return try source.bytes(at: offset, count: count) }
    if !holds(offset, count) {
      bytes = try source.bytes(at: offset, count: Self.size)
      start = offset
    }
    let first = Int(offset - start)
    return Array(bytes[min(first, bytes.count)..<min(first + count, bytes.count)])
  }

  /// The same, for a look at another place: the window stays where it is.
  package func peek(at offset: UInt64, count: Int) throws(SalvageError) -> [UInt8] {
    guard holds(offset, count) else { return try source.bytes(at: offset, count: count) }
    let first = Int(offset - start)
    return Array(bytes[first..<first + count])
  }

  /// No overflow: what is inside a source is far below the last offset that can be named.
  private func holds(_ offset: UInt64, _ count: Int) -> Bool {
    offset >= start && offset + UInt64(count) <= start + UInt64(bytes.count)
  }
}
