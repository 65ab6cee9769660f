internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The pages that pointers lead to, from the stacks on: the nearest first.
struct ReachedMemory {
  /// In the order in which they were found.
  private(set) var pages: [Range<UInt64>] = []

  static let pageSize: UInt64 = 4096

  /// - Parameters:
  ///   - start: where pointers are looked for first.
  ///   - depth: how many may lead to a page, one after another.
  ///   - budget: how many bytes may be found; no more are read.
  ///   - isWanted: whether memory of a segment may be taken.
  init(
    from start: [Range<UInt64>], depth: Int, budget: UInt64, _ memory: CoreMemory,
    where isWanted: (ProgramHeader) -> Bool
  ) {
    var seen: Set<UInt64> = []
    var next = start
    var left = budget / Self.pageSize
    for _ in 0..<max(0, depth) {
      let ranges = next
      next = []
      for range in ranges {
        for word in Self.words(in: range, memory) {
          guard left > 0 else { return }
          let page = word & ~(Self.pageSize - 1)
          guard word != 0, !seen.contains(page), let segment = memory.segment(at: word),
            segment.dumpedEnd > word
          else { continue }
          seen.insert(page)
          let found = max(page, segment.address)..<min(page +| Self.pageSize, segment.dumpedEnd)
          guard isWanted(segment) else { continue }
          left -= 1
          pages.append(found)
          next.append(found)
        }
      }
      if next.isEmpty { return }
    }
  }

  private static func words(in range: Range<UInt64>, _ memory: CoreMemory) -> [UInt64] {
    let most = 1 << 20
    let start = roundUp(range.lowerBound, to: UInt64(memory.format.wordSize))
    guard start < range.upperBound else { return [] }
    return memory.readable(at: start, count: Int(min(range.upperBound - start, UInt64(most))))
      .words(in: memory.format)
  }
}
