internal import Glibc

/// A core that went through a transfer as text: every line feed in it became a carriage return and a line feed, and all
/// that follows the first stands too far behind.
package enum TextMode {
  /// By chance, one line feed of 256 follows a carriage return.
  private static let fewest = 32
  private static let mostSearched: UInt64 = 16 << 20

  package static let words =
    "It was transferred as text: every line feed became CR LF, and what follows the first is at a wrong place. "
    + "LC_ALL=C sed 's/\\r$//' IN >OUT takes that back."

  /// The offset of the first carriage return that was put in; nil where the bytes have a line feed without one, or too few
  /// to tell.
  ///
  /// A file that is longer than its headers tell is read until this is known, another at its beginning.
  package static func start(
    in source: any ByteSource, isTooLong: Bool
  ) throws(SalvageError) -> UInt64? {
    let most = isTooLong ? UInt64.max : mostSearched
    var first: UInt64?
    var count = 0
    var before: UInt8 = 0
    var searched: UInt64 = 0
    var offset: UInt64 = 0
    // As a rule the first page tells.
    var wanted: UInt64 = 4 << 10
    while count < fewest, searched < most,
      let data = source.firstData(in: offset..<max(offset, source.size))
    {
      if data.lowerBound > offset { before = 0 }
      let bytes = try source.bytes(
        at: data.lowerBound, count: Int(min(data.length, wanted)))
      guard !bytes.isEmpty else { return nil }
      wanted = min(2 * wanted, 1 << 18)
      for index in lineFeeds(in: bytes) {
        guard (index > 0 ? bytes[index - 1] : before) == 0x0d else { return nil }
        first = first ?? data.lowerBound + UInt64(index) - 1
        count += 1
      }
      before = bytes[bytes.count - 1]
      searched += UInt64(bytes.count)
      offset = data.lowerBound + UInt64(bytes.count)
    }
    return count >= fewest ? first : nil
  }

  /// Where the first line feeds are, up to `fewest` of them.
  private static func lineFeeds(in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var start = 0
      // memchr, for most cores have none for a long way.
      while places.count < fewest, start < buffer.count,
        let found = unsafe memchr(base + start, 0x0a, buffer.count - start)
      {
        let place = unsafe UnsafeRawPointer(found) - base
        places.append(place)
        start = place + 1
      }
    }
    return places
  }
}
