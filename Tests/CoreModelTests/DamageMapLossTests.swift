import CoreModel
import Salvage
import TestSupport
import Testing

/// Many losses at once, against an array with one state for each byte.
@Suite("losses marked at once")
struct DamageMapLossTests {
  @Test("give what the same losses give byte by byte", arguments: 0..<200 as Range<UInt64>)
  func matchesBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let due = UInt64.random(in: 1...60, using: &random)
    let found = UInt64.random(in: 0...due, using: &random)
    var map = DamageMap(sizeFound: found, sizeDue: due)
    var bytes = (0..<due).map { $0 < found ? nil : DamageMap.Cause.pastEnd }
    for _ in 0..<2 {
      let losses = (0..<Int.random(in: 0...8, using: &random)).map { _ -> DamageMap.Extent in
        let start = UInt64.random(in: 0...70, using: &random)
        let end = start + UInt64.random(in: 0...9, using: &random)
        let causes = [DamageMap.Cause.unreadable, .named, .damaged]
        return .init(range: start..<end, cause: causes.randomElement(using: &random))
      }
      map.lose(losses)
      var marked = bytes
      for loss in losses.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
        for byte in loss.range where byte < due && marked[Int(byte)] == nil {
          marked[Int(byte)] = loss.cause
        }
      }
      bytes = marked
    }
    var position: UInt64 = 0
    for extent in map.extents {
      #expect(extent.range.lowerBound == position && !extent.range.isEmpty)
      for byte in extent.range { #expect(bytes[Int(byte)] == extent.cause, "byte \(byte)") }
      position = extent.range.upperBound
    }
    #expect(position == due)
    for (first, second) in zip(map.extents, map.extents.dropFirst()) {
      #expect(first.cause != second.cause, "neighbours of one fate are one extent")
    }
  }

  @Test("take no time that grows with their square")
  func areLinear() {
    var map = DamageMap(sizeFound: 1 << 40, sizeDue: 1 << 40)
    let losses = (0..<300_000 as Range<UInt64>).map {
      DamageMap.Extent(range: $0 * 8192..<$0 * 8192 + 4096, cause: .named)
    }
    let time = ContinuousClock().measure { map.lose(losses.shuffled()) }
    #expect(map.extents.count == 600_000)
    #expect(time < .seconds(20), "\(time)")
  }
}
