import ELFCore
import TestSupport
import Testing

/// Integers in bytes, held against their bytes one by one.
@Suite("an integer of a file")
struct IntegerTests {
  private static func bytes(
    of value: UInt64, size: Int, _ order: ELFFormat.ByteOrder
  ) -> [UInt8] {
    let low = (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    return order == .little ? low : low.reversed()
  }

  @Test(
    "is appended, stored and read in either order, and never past the end",
    arguments: [ELFFormat.ByteOrder.little, .big], [1, 2, 4, 8])
  func places(order: ELFFormat.ByteOrder, size: Int) {
    var random = SeededGenerator(seed: UInt64(size))
    for count in 0..<24 {
      let value = random.next()
      let wanted = Self.bytes(of: value, size: size, order)
      let before = random.nonZeroBytes(count)
      var appended = before
      appended.append(value, size: size, order)
      #expect(appended == before + wanted)
      for offset in -1...count {
        var stored = before
        stored.store(value, at: offset, size: size, order)
        var expected = before
        if offset >= 0, offset + size <= count {
          expected.replaceSubrange(offset..<offset + size, with: wanted)
          let read = stored.span.integer(at: offset, size: size, order)
          #expect(read == value & (size == 8 ? .max : (1 << UInt64(8 * size)) - 1))
        }
        #expect(stored == expected, "at \(offset) of \(count)")
      }
    }
  }
}
