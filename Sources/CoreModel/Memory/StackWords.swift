internal import CoreIO
internal import ELFCore

/// The words on the stacks that survived which point into some ranges of memory: return addresses, for the most part.
/// What the kernel kept there of a thread that it interrupted is left out: it would look like them, and is none.
struct StackWords {
  /// For each of the ranges, every address once.
  private(set) var addresses: [Set<UInt64>]

  /// How much of each stack is looked at, from its pointer up, and of how many threads.
  private static let mostBytes = 64 << 10
  private static let mostThreads = 64
  /// Of one range no more are kept.
  private static let mostAddresses = 4096

  /// `ranges` are in order, and apart from one another.
  init(
    _ threads: [ThreadStatus], of machine: Machine, _ memory: CoreMemory,
    in ranges: [Range<UInt64>]
  ) {
    addresses = Array(repeating: [], count: ranges.count)
    guard let first = ranges.first?.lowerBound, let end = ranges.last?.upperBound else { return }
    let size = memory.format.wordSize
    let context = SignalContext(machine, in: memory.format)
    for thread in threads.prefix(Self.mostThreads) {
      guard let pointer = thread.stackPointer else { continue }
      let start = pointer & ~UInt64(size - 1)
      guard let bytes = try? memory.prefix(at: start, limit: Self.mostBytes) else { continue }
      let span = bytes.span
      var next = 0
      while next <= bytes.count - size {
        let offset = next
        if let context, context.begins(at: offset, in: span) {
          next += context.words * size
          continue
        }
        next += size
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
