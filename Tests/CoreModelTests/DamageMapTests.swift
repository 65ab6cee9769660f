import CoreModel
import Salvage
import TestSupport
import Testing

/// The map held against an array with one state for each byte.
@Suite("a damage map")
struct DamageMapTests {
  @Test("agrees with an array of one state per byte", arguments: 0..<200 as Range<UInt64>)
  func agreesWithArray(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let due = Int.random(in: 0...60, using: &random)
    let found = Int.random(in: 0...60, using: &random)
    var map = DamageMap(sizeFound: UInt64(found), sizeDue: UInt64(due))
    let size = max(due, found)
    var states = (0..<size).map { $0 < found ? nil : DamageMap.Cause.pastEnd }
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let low = Int.random(in: 0...70, using: &random)
      let high = Int.random(in: low...75, using: &random)
      let cause = DamageMap.Cause(rawValue: UInt32.random(in: 2...4, using: &random))
      map.lose(UInt64(low)..<UInt64(high), cause: cause)
      for index in low..<high where index < size { states[index] = states[index] ?? cause }
      Self.compare(map, states)
    }
    Self.compare(map, states)
    for _ in 0..<10 {
      let low = Int.random(in: 0...70, using: &random)
      let high = Int.random(in: low...75, using: &random)
      Self.compare(map, states, in: low..<high)
    }
  }

  private static func compare(_ map: DamageMap, _ states: [DamageMap.Cause?]) {
    var end: UInt64 = 0
    for (index, extent) in map.extents.enumerated() {
      #expect(extent.range.lowerBound == end && !extent.range.isEmpty)
      if index > 0 { #expect(map.extents[index - 1].cause != extent.cause) }
      end = extent.range.upperBound
      for byte in extent.range { #expect(states[Int(byte)] == extent.cause) }
    }
    #expect(end == UInt64(states.count))
    #expect(map.isWhole == states.allSatisfy { $0 == nil })
  }

  private static func compare(_ map: DamageMap, _ states: [DamageMap.Cause?], in range: Range<Int>)
  {
    let wanted = UInt64(range.lowerBound)..<UInt64(range.upperBound)
    let clipped = range.clamped(to: 0..<states.count)
    let extents = map.extents(in: wanted)
    #expect(
      extents.reduce(0) { $0 + $1.range.length }
        == UInt64(range.overlaps(0..<states.count) ? clipped.count : 0))
    for extent in extents {
      #expect(!extent.range.isEmpty)
      for byte in extent.range { #expect(states[Int(byte)] == extent.cause) }
    }
    let survives = range.allSatisfy { $0 < states.count && states[$0] == nil }
    #expect(map.survives(wanted) == survives, "\(range)")
  }

  @Test("takes the largest sizes there are")
  func largestSizes() {
    var map = DamageMap(sizeFound: .max - 1, sizeDue: .max)
    map.lose(0..<UInt64.max, cause: .unreadable)
    #expect(map.extents.count == 2)
    #expect(!map.survives(5..<6))
    #expect(map.extents(in: UInt64.max - 1..<UInt64.max).map(\.cause) == [.pastEnd])
  }
}
