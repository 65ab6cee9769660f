internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Room in the new core for nodes and names that have no place of their own, below all memory of the process: above it,
/// eu-stack stops unwinding and lldb may abort.
struct LinkMapArena {
  let start: UInt64
  private let capacity: UInt64
  private(set) var bytes: [UInt8] = []

  /// The end of the zero page, which no process has mapped as a rule and where 0 would be a place.
  private static let lowest: UInt64 = 4096

  /// nil where there is no room of `capacity` bytes.
  init?(capacity: UInt64, _ memory: CoreMemory) {
    let page: UInt64 = 4096
    let size = roundUp(capacity, to: page)
    guard size < 1 << 30 else { return nil }
    self.capacity = size
    // A page stays free on either side, so that no reader takes it and its neighbour for one.
    let first = memory.segments.first?.address ?? 0
    if first >= Self.lowest + size + page {
      start = (first & ~(page - 1)) - page - size
      return
    }
    // Low memory is in use: the first gap, where no debugger was seen to mind.
    var end: UInt64 = 0
    for segment in memory.segments {
      if segment.address > end, segment.address - end >= size + 3 * page {
        start = roundUp(max(end, Self.lowest), to: page) + page
        return
      }
      end = max(end, segment.memoryEnd)
    }
    return nil
  }

  var next: UInt64 { start + UInt64(bytes.count) }

  /// Puts bytes at the next place; nil where the room is used up.
  mutating func add(_ added: [UInt8]) -> UInt64? {
    guard UInt64(bytes.count + added.count) <= capacity else { return nil }
    let address = next
    bytes += added
    return address
  }

  mutating func align(to size: Int) { bytes.pad(to: size) }
}
