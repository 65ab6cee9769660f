internal import CoreIO
internal import ELFCore

/// Finds where things of a few known bytes stand that are not in their places: control blocks of threads, and what the kernel
/// put on the main stack.
struct NearSearch {
  /// How often each distance was found.
  private(set) var votes: [Int64: Int] = [:]

  /// How many things are looked for, and how far from their places: first where blocks of a copy lead, then farther off.
  private static let rounds: [(count: Int, reach: UInt64)] = [(16, 512 << 10), (2, 8 << 20)]
  /// How often one of them may be found: a hostile core may be full of it.
  private static let most = 64

  /// - Parameter lost: in the order of the file.
  init(_ lost: [Anchor], _ reader: AnchorReader) throws(SalvageError) {
    for round in Self.rounds where votes.isEmpty {
      let step = max(1, (lost.count + round.count - 1) / round.count)
      for index in stride(from: 0, to: lost.count, by: step) {
        try search(lost[index], round.reach, reader)
      }
    }
  }

  private mutating func search(
    _ anchor: Anchor, _ reach: UInt64, _ reader: AnchorReader
  ) throws(SalvageError) {
    guard let pattern = reader.pattern(of: anchor) else { return }
    let place = anchor.place.lowerBound
    let end = min(reader.source.size, place +| reach)
    var tries = 0
    var position = place - min(place, reach)
    var window = SearchWindow(reader.source, from: position)
    while window.range.upperBound < end, try window.advance(overlap: pattern.count - 1) {
      while tries < Self.most, let found = window.first(pattern, from: position), found < end {
        position = found + 1
        guard found != place else { continue }
        tries += 1
        let move = Int64(clamping: found) - Int64(clamping: place)
        if try reader.isWhole(anchor, moved: move) { votes[move, default: 0] += 1 }
      }
    }
  }
}

extension AnchorReader {
  /// The bytes by which it is found; nil for what has none that are known.
  func pattern(of anchor: Anchor) -> [UInt8]? {
    switch anchor.thing {
    case .ownAddress(let address, _): bytes(address)
    case .bytes(let bytes): bytes
    default: nil
    }
  }

  private func bytes(_ word: UInt64) -> [UInt8] {
    let size = memory.format.wordSize
    return (0..<size).map { index in
      let shift = 8 * (memory.format.byteOrder == .little ? index : size - 1 - index)
      return UInt8(truncatingIfNeeded: word >> UInt64(shift))
    }
  }

  /// Whether it stands there with all that belongs to it. Its address stands in many places near a control block, and at the
  /// same distance from each: of glibc's the third word is its address once more, and the second is none.
  func isWhole(_ anchor: Anchor, moved move: Int64) throws(SalvageError) -> Bool {
    guard try look(at: anchor, moved: move).isRight else { return false }
    guard case .ownAddress(let address, _) = anchor.thing else { return true }
    let size = memory.format.wordSize
    guard let place = anchor.place.moved(by: move) else { return false }
    let words = try source.bytes(at: place.lowerBound, count: 3 * size)
    let own = bytes(address)
    return words.count == 3 * size && Array(words[(2 * size)...]) == own
      && Array(words[size..<2 * size]) != own
      && words[size..<2 * size].contains { $0 != 0 }
  }

  /// Whether it also has the number of its thread, as glibc's have: two things that agree.
  func isOfThread(_ anchor: Anchor, moved move: Int64) throws(SalvageError) -> Bool {
    guard case .ownAddress(_, let thread) = anchor.thing,
      let place = anchor.place.moved(by: move), try isWhole(anchor, moved: move)
    else { return false }
    let range = place.lowerBound + Self.threadOffset..<place.lowerBound + Self.threadOffset + 4
    guard range.upperBound <= source.size, present.survives(range) else { return false }
    let number = try source.bytes(at: range.lowerBound, count: 4)
    return number.span.integer(at: 0, size: 4, memory.format.byteOrder) == UInt64(thread)
  }

  /// Where glibc's `struct pthread` has the thread's number, behind the part that the ABI knows.
  private static let threadOffset: UInt64 = 0x2d0
}
