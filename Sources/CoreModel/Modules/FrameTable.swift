internal import CoreIO
package import ELFCore

/// `.eh_frame_hdr`: where functions begin, those without a name among them, sorted for who unwinds a stack.
///
/// Source: Linux Standard Base, "Exception Frame Header".
package struct FrameTable: Sendable {
  private let bytes: [UInt8]
  private let address: UInt64
  private let count: Int
  private let format: ELFFormat

  private static let entrySize = 8

  /// nil unless it is of the one form that all linkers make: a count of 4 bytes, and pairs of 4 bytes each that count
  /// from the table's own address on. `bytes` may be only the beginning of a large one.
  package init?(_ bytes: [UInt8], at address: UInt64, in format: ELFFormat) {
    // The version; how the place of `.eh_frame`, which is 4 bytes, the count, and the pairs are encoded.
    guard bytes.count >= 12, bytes[0] == 1, [0x3, 0xb].contains(bytes[1] & 0xf),
      bytes[2] == 0x3, bytes[3] == 0x3b,
      let count = bytes.span.integer(at: 8, size: 4, format.byteOrder)
    else { return nil }
    self.bytes = bytes
    self.address = address
    self.format = format
    self.count = min(Int(count), (bytes.count - 12) / Self.entrySize)
  }

  /// Where the last function begins that does so at an address or before, by the addresses that the file was linked for.
  package func function(before place: UInt64) -> UInt64? {
    let index = (0..<count).partitioningIndex { start(of: $0) > place }
    // A hostile table is in no order.
    return index > 0 && start(of: index - 1) <= place ? start(of: index - 1) : nil
  }

  private func start(of index: Int) -> UInt64 {
    let distance =
      bytes.span.integer(at: 12 + index * Self.entrySize, size: 4, format.byteOrder) ?? 0
    return (address &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: distance))))
      & format.largestWord
  }
}
