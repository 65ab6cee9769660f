/// A copy that went wrong inside: blocks that are missing, there twice, or strange.
public struct BlockDamage: Sendable, CustomStringConvertible {
  public enum Kind: CaseIterable, Sendable {
    case removed, doubled, zeros, strange, twoRemoved
  }

  public let kind: Kind
  public let offset: Int
  public let size: Int
  /// Where the second one is, in the whole file.
  public let second: Int

  /// Chosen by the generator, behind `head`: whole pages at pages, or odd sizes anywhere.
  public init(of length: Int, behind head: Int, using random: inout SeededGenerator) {
    kind = Kind.allCases.randomElement(using: &random) ?? .removed
    let sizes = [512, 1000, 4096, 4096, 4097, 65_536, 1 << 20].filter { $0 < length / 6 }
    size = sizes.randomElement(using: &random) ?? 4096
    let places = [size, length - 2 * size]
    let unit = size % 4096 == 0 ? 4096 : 1
    func place(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) / unit * unit }
    offset = place(head + 4096..<places[1])
    second = min(place(offset + size..<places[1] + size), length - size)
  }

  public init(_ kind: Kind, at offset: Int, size: Int) {
    self.kind = kind
    self.offset = offset
    self.size = size
    second = offset + size
  }

  public func applied(to bytes: [UInt8]) -> [UInt8] {
    let before = bytes[..<offset]
    let after = bytes[offset...]
    switch kind {
    case .removed: return Array(before + after.dropFirst(size))
    case .doubled: return Array(before + after.prefix(size) + after)
    case .zeros: return Array(before + [UInt8](repeating: 0, count: size) + after)
    case .strange:
      var random = SeededGenerator(seed: UInt64(offset))
      return Array(before + random.nonZeroBytes(size) + after)
    case .twoRemoved:
      return Array(before + bytes[offset + size..<second] + bytes[(second + size)...])
    }
  }

  public var description: String { "\(kind), \(size) bytes at \(offset), \(second)" }
}
