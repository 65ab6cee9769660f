internal import CoreIO
internal import ELFCore

/// For those who only look: what can't be read is like what is lost.
extension CoreMemory {
  /// The index in `segments` of the one that an address lies in.
  package func index(at address: UInt64) -> Int? {
    let after = segments.partitioningIndex { $0.address > address }
    guard after > 0, segments[after - 1].memoryEnd > address else { return nil }
    return after - 1
  }

  /// The index of the segment that begins at an address, where it is none before `first`.
  package func index(beginningAt address: UInt64, from first: Int) -> Int? {
    guard first < segments.count, segments[first].address <= address else { return nil }
    if segments[first].address == address { return first }
    let index = segments.partitioningIndex { $0.address >= address }
    return index < segments.count && segments[index].address == address ? index : nil
  }

  /// The end of the bytes that survive in a row from an address on, in the same segment; the address itself where none do.
  package func survivingEnd(from address: UInt64) -> UInt64 {
    guard let segment = segment(at: address), segment.dumpedEnd > address else { return address }
    return survivedEnd(of: address..<segment.dumpedEnd)
  }

  /// Up to `count` bytes from an address on: as many as survive in a row.
  package func readable(at address: UInt64, count: Int) -> [UInt8] {
    (try? prefix(at: address, limit: count)) ?? []
  }

  /// A C string at an address, or nil where it isn't there to its end or is longer than a path may be.
  package func cString(at address: UInt64, limit: Int = 4096) -> [UInt8]? {
    let bytes = readable(at: address, count: limit)
    guard let end = bytes.firstIndex(of: 0) else { return nil }
    return Array(bytes[..<end])
  }
}
