/// SplitMix64: the same seed gives the same numbers on every machine.
///
/// Hand the seed to a test as its argument, or let `init(for:)` choose one; either way a failure
/// can be had again, since the seed is printed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  public let seed: UInt64
  private var state: UInt64

  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// A generator with the seed named by the environment's `CORESALVAGE_SEED` (decimal, or 0x and
  /// hex digits), else with a fresh one. Prints "seed 0x… (purpose)".
  public init(for purpose: String) {
    self.init(
      seed: Environment["CORESALVAGE_SEED"].flatMap(Self.number) ?? UInt64.random(in: 0 ... .max))
    print("seed 0x\(String(seed, radix: 16)) (\(purpose))")
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Random bytes, none of them zero: content that can't be mistaken for a hole.
  public mutating func nonZeroBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      // What `UInt8.random(in: 1...255)` gives, without its calls: thousands of cores are built of these.
      while filled < count {
        let byte = UInt8(truncatingIfNeeded: next())
        guard byte != 0 else { continue }
        bytes[filled] = byte
        filled += 1
      }
    }
  }

  /// `count` different numbers of `range` (or all of them, if there are fewer), in order.
  public mutating func sample(_ count: Int, of range: Range<UInt64>) -> [UInt64] {
    guard range.count > count else { return Array(range) }
    var chosen: Set<UInt64> = []
    while chosen.count < count { chosen.insert(UInt64.random(in: range, using: &self)) }
    return chosen.sorted()
  }

  private static func number(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}
