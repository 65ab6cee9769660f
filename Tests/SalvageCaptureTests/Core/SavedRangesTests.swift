import TestSupport
import Testing

@testable import SalvageCapture

@Suite("What is saved of a segment")
struct SavedRangesTests {
  private static let size: UInt64 = 96

  @Test("is what an array with a flag for each byte says", arguments: 1...60 as ClosedRange<UInt64>)
  func flags(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var flags = [Bool](repeating: false, count: Int(Self.size))
    var saved = SavedRanges()
    #expect(saved.isEmpty)
    for _ in 0..<40 {
      let range = Self.range(&random)
      for index in range { flags[Int(index)] = true }
      saved.insert(range)
      #expect(saved.ranges == Self.runs(of: true, flags, in: 0..<Self.size))
      let asked = Self.range(&random)
      #expect(saved.gaps(in: asked) == Self.runs(of: false, flags, in: asked), "\(asked)")
      #expect(saved.isEmpty == !flags.contains(true))
    }
  }

  @Test("may end at the last address, and hold it all")
  func ends() {
    var saved = SavedRanges()
    saved.insert(.max - 4096 ..< .max)
    saved.insert(0..<1)
    #expect(saved.gaps(in: 0 ..< .max) == [1 ..< .max - 4096])
    saved.insert(0 ..< .max)
    #expect(saved.ranges == [0 ..< .max] && saved.gaps(in: 0 ..< .max).isEmpty)
    #expect(saved.gaps(in: 5..<5).isEmpty)
  }

  private static func range(_ random: inout SeededGenerator) -> Range<UInt64> {
    let start = UInt64.random(in: 0..<size, using: &random)
    return start..<min(size, start + UInt64.random(in: 0...12, using: &random))
  }

  /// The longest runs of one flag.
  private static func runs(
    of wanted: Bool, _ flags: [Bool], in range: Range<UInt64>
  ) -> [Range<UInt64>] {
    var runs: [Range<UInt64>] = []
    for index in range where flags[Int(index)] == wanted {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }
}
