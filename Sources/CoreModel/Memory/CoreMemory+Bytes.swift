package import CoreIO
package import ELFCore

/// The one way to the bytes of memory. What throws tells what can't be read from what is lost; `readable` is for those who
/// only look.
extension CoreMemory {
  /// The bytes at an address; nil unless all of them survived.
  package func bytes(at address: UInt64, count: Int) throws(SalvageError) -> [UInt8]? {
    let (end, overflow) = address.addingReportingOverflow(UInt64(clamping: count))
    guard count >= 0, !overflow, survivedEnd(of: address..<end) == end else { return nil }
    return try surviving(address..<end)
  }

  /// Bytes at an address, as many of `limit` as survived without a gap.
  package func prefix(at address: UInt64, limit: Int) throws(SalvageError) -> [UInt8] {
    let (end, overflow) = address.addingReportingOverflow(UInt64(clamping: limit))
    return overflow ? [] : try surviving(address..<survivedEnd(of: address..<end))
  }

  /// The same, into a buffer, and not beyond the end of a segment: how many there are.
  package func read(
    at address: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard let segment = segment(at: address), segment.dumpedEnd > address else { return 0 }
    let wanted = min(segment.dumpedEnd - address, UInt64(buffer.count))
    let count = Int(survivedEnd(of: address..<address + wanted) - address)
    return try unsafe source.read(
      at: segment.fileOffset &+ (address - segment.address),
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
  }

  /// The same, where what can't be read is like what is lost, and no more is read than lies near.
  package func readable(at address: UInt64, count: Int) -> [UInt8] {
    let end = nearEnd(of: address..<(address +| UInt64(clamping: count)))
    return (try? prefix(at: address, limit: Int(end - address))) ?? []
  }

  /// The bytes of a range that survived: it may go over several segments.
  private func surviving(_ range: Range<UInt64>) throws(SalvageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound, let segment = segment(at: position) {
      let end = min(range.upperBound, segment.dumpedEnd)
      guard end > position else { break }
      let part = try source.bytes(
        at: segment.fileOffset &+ (position - segment.address), count: Int(end - position))
      if bytes.isEmpty { bytes = part } else { bytes += part }
      position = end
    }
    return bytes
  }

  /// The end of the bytes that survive in a row from an address on, in the same segment; the address itself where none do.
  package func survivingEnd(from address: UInt64) -> UInt64 {
    index(at: address).map { survivingEnd(from: address, in: $0) } ?? address
  }

  // MARK: What bytes stand for

  /// A word of the core's format; nil unless all of it survived.
  package func word(at address: UInt64) throws(SalvageError) -> UInt64? {
    guard let bytes = try bytes(at: address, count: format.wordSize) else { return nil }
    return bytes.span.integer(at: 0, size: format.wordSize, format.byteOrder)
  }

  /// Words at an address; nil where they would go past the end of memory.
  package func words(at address: UInt64, count: Int) throws(SalvageError) -> [MemoryWord]? {
    let size = UInt64(format.wordSize)
    guard address <= format.largestWord - size * UInt64(count) else { return nil }
    var words: [MemoryWord] = []
    for index in 0..<UInt64(count) {
      let place = address + index * size
      switch fates(of: place..<place + size).map(\.fate) {
      case [.survived]: words.append(try word(at: place).map(MemoryWord.value) ?? .unusable)
      case [.lost]: words.append(.lost)
      default: words.append(.unusable)
      }
    }
    return words
  }

  /// A C string at an address, or nil where it isn't there to its end or is longer than a path may be.
  package func cString(at address: UInt64, limit: Int = 4096) -> [UInt8]? {
    let bytes = readable(at: address, count: limit)
    guard let end = bytes.firstIndex(of: 0) else { return nil }
    return Array(bytes[..<end])
  }

  /// A dynamic section as far as it survived from its beginning on, and whether that is all of it.
  package func dynamicSection(
    in range: Range<UInt64>
  ) throws(SalvageError) -> (section: DynamicSection, isWhole: Bool) {
    let size = min(range.length, DynamicSection.largestSize)
    let bytes = try prefix(at: range.lowerBound, limit: Int(size))
    return (DynamicSection(bytes.span, in: format), UInt64(bytes.count) == range.length)
  }

  /// The build-id of an image that lies so far from where it was linked for; nil where none survived.
  package func buildID(of headers: ImageHeaders, bias: UInt64) -> BuildID? {
    headers.buildID { readable(at: bias &+ $0.address, count: $1) }
  }
}

/// A word of memory that may be lost.
package enum MemoryWord: Hashable {
  case value(UInt64)
  case lost
  /// A part of it is lost, or it was never in the dump.
  case unusable

  package var value: UInt64? {
    guard case .value(let value) = self else { return nil }
    return value
  }
}
