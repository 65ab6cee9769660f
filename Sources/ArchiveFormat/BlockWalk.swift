internal import CoreIO
internal import ELFCore

/// Goes from block to block of one frame by their size words, where nothing else tells what they are; over a block whose
/// word survived, and past one whose word did not to where blocks are right again.
struct BlockWalk {
  /// The sound blocks, by their number in the group.
  private(set) var found: [(index: Int, block: ArchiveIndex.Block)] = []

  /// Where the frame's blocks end, if they could be followed to there.
  private(set) var blocksEnd: UInt64?

  private let probe: BlockProbe
  private let count: Int
  /// Where the frame ends, if anything told.
  private let end: UInt64?

  /// Walks the frame that begins at `start` and has `count` blocks.
  init(
    _ probe: BlockProbe, from start: UInt64, count: Int, end: UInt64?
  ) throws(SalvageError) {
    self.probe = probe
    self.count = count
    self.end = end
    var position = start &+ ArchiveGeometry.frameHeaderSize
    var index = 0
    while index < count {
      if let block = try probe.block(at: position) {
        found.append((index, block))
        position += block.entry.sizeInFile
        index += 1
      } else if let next = try nextByWords(position, left: count - index) {
        position = next.position
        index += next.skipped
      } else {
        try takeRest(after: position, from: index)
        return
      }
    }
    if try isEnd(position) { blocksEnd = position }
  }

  /// Follows size words over damaged blocks to one that is sound.
  private func nextByWords(
    _ start: UInt64, left: Int
  ) throws(SalvageError) -> (position: UInt64, skipped: Int)? {
    var position = start
    for skipped in 1..<max(left, 1) {
      guard let word = try probe.word(at: position), word != 0 else { return nil }
      position += BlockEntry(word: word, checksum: 0).sizeInFile
      if try probe.block(at: position) != nil { return (position, skipped) }
    }
    return nil
  }

  /// Searches for the next sound block. How many were lost before it is known only once the frame's end is reached from there.
  private mutating func takeRest(after start: UInt64, from index: Int) throws(SalvageError) {
    var start = start
    for _ in 0..<count {
      guard let next = try firstBlock(after: start) else { return }
      var run: [ArchiveIndex.Block] = []
      var position = next
      while let block = try probe.block(at: position), run.count < count {
        run.append(block)
        position += block.entry.sizeInFile
      }
      if try isEnd(position) {
        blocksEnd = position
        guard run.count <= count - index else { return }
        let first = count - run.count
        for (offset, block) in run.enumerated() { found.append((first + offset, block)) }
        return
      }
      start = position
    }
  }

  /// Whether a frame ends here, and not just a stretch of zeros begins.
  private func isEnd(_ position: UInt64) throws(SalvageError) -> Bool {
    guard try probe.word(at: position) == 0 else { return false }
    let mark = position + probe.geometry.frameEndSize
    if let end { return mark == end }
    let magic = try probe.file.bytes(at: mark, count: 4)
    return magic.span.integer(at: 0, size: 4, .little)
      == UInt64(SkippableFrame.Kind.mark.rawValue)
  }

  /// The first place after `start` where a sound block lies.
  private func firstBlock(after start: UInt64) throws(SalvageError) -> UInt64? {
    let longest =
      (UInt64(probe.geometry.blockSize) + ArchiveGeometry.blockOverhead)
      * UInt64(count)
    let limit = min(start &+ longest, end ?? .max, probe.file.size)
    var position = start &+ 1
    while position < limit, probe.spend(1 << 20) {
      let window = try probe.file.bytes(at: position, count: 1 << 20)
      let span = window.span
      for offset in 0..<max(0, window.count - 3) {
        guard let word = span.integer(at: offset, size: 4, .little), word != 0,
          word & 0x7fff_ffff <= UInt64(probe.geometry.blockSize), word != 0x8000_0000
        else { continue }
        let place = position + UInt64(offset)
        let next = place + BlockEntry(word: UInt32(word), checksum: 0).sizeInFile
        // Most of what looks like a size leads to what does not.
        guard next < limit, try probe.word(at: next) != nil,
          try probe.block(at: place) != nil
        else { continue }
        return place
      }
      position += UInt64(max(1, window.count - 3))
    }
    return nil
  }
}
