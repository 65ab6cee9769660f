internal import CoreIO
internal import ELFCore

/// The words on the stacks that survived which point into some ranges of memory: return addresses, for the most part.
struct StackWords {
  /// For each of the ranges, every address once.
  private(set) var addresses: [Set<UInt64>]

  /// How much of each stack is looked at, from its pointer up, and of how many threads.
  private static let mostBytes = 64 << 10
  private static let mostThreads = 64
  /// Of one range no more are kept.
  private static let mostAddresses = 4096

  /// `ranges` are in order, and apart from one another.
  init(_ threads: [ThreadStatus], _ memory: CoreMemory, in ranges: [Range<UInt64>]) {
    addresses = Array(repeating: [], count: ranges.count)
    guard let first = ranges.first?.lowerBound, let end = ranges.last?.upperBound else { return }
    let size = memory.format.wordSize
    for thread in threads.prefix(Self.mostThreads) {
      guard let pointer = thread.stackPointer else { continue }
      let start = pointer & ~UInt64(size - 1)
      guard let bytes = try? memory.prefix(at: start, limit: Self.mostBytes) else { continue }
      let span = bytes.span
      for offset in stride(from: 0, through: bytes.count - size, by: size) {
        guard let word = span.integer(at: offset, size: size, memory.format.byteOrder),
          word >= first, word < end
        else { continue }
        let index = ranges.partitioningIndex { $0.upperBound > word }
        if index < ranges.count, ranges[index].contains(word),
          addresses[index].count < Self.mostAddresses
        {
          addresses[index].insert(word)
        }
      }
    }
  }
}
