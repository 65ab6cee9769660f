internal import CoreIO
internal import ELFCore

/// How much of a thread's stack a debugger can walk. Frames lie from the stack pointer upwards, the outermost at the
/// segment's end, and a cut takes the end: what survives is told from the stack pointer up.
public struct StackState: Hashable, Sendable {
  /// How much of it is left. The raw value is its name in JSON.
  public enum Verdict: String, Hashable, Sendable {
    /// Every byte from the stack pointer to the segment's end survived.
    case whole
    /// The bytes from the stack pointer up to some point survived: the inner frames.
    case partial
    /// Nothing at the stack pointer survived.
    case lost
    /// The dump never had it: it was not dumped, or the pointer points to no memory.
    case absent
  }

  /// How much of it is left.
  public internal(set) var verdict: Verdict
  /// From where on the stack is counted: the stack pointer, or the segment's start where the pointer is below it.
  public let start: UInt64
  /// The first address above `start` whose byte is not there.
  public internal(set) var survivesTo: UInt64
  /// The end of the segment; `start` where no segment holds the stack.
  public let end: UInt64
  /// Why it is lost though no length tells it.
  public internal(set) var remark: String?
  /// Whether it is zeros at its pointer and at its end, though those are there.
  public internal(set) var readsAsZeros = false

  /// Bytes from the stack pointer on that survived.
  public var survived: UInt64 { survivesTo - start }
  /// Bytes from the stack pointer to the end of the stack.
  public var size: UInt64 { end - start }
}

extension StackState {
  /// A stack of which nothing is known but its pointer.
  private static func absent(_ pointer: UInt64, _ remark: String) -> StackState {
    StackState(verdict: .absent, start: pointer, survivesTo: pointer, end: pointer, remark: remark)
  }

  /// How far below a stack its pointer may be found after an overflow: a guard, and one large frame.
  private static let largestOverflow: UInt64 = 1 << 20

  package init(pointer: UInt64, _ memory: CoreMemory) {
    guard var index = memory.index(at: pointer) ?? Self.next(above: pointer, memory) else {
      self = .absent(pointer, "the stack pointer is outside all segments")
      return
    }
    // A stack that overflowed: the pointer is in the guard pages below it, which are never dumped.
    if memory.segments[index].fileSize == 0, !memory.segments[index].flags.contains(.write),
      index + 1 < memory.segments.count,
      memory.segments[index + 1].address == memory.segments[index].addressEnd
    {
      index += 1
    }
    let segment = memory.segments[index]
    let start = max(pointer, segment.address)
    let (dumpedEnd, overflow) = segment.address.addingReportingOverflow(segment.fileSize)
    let survivesTo = memory.survivingEnd(from: start)
    guard segment.fileSize > 0, !overflow, dumpedEnd > start else {
      self = .absent(pointer, "its memory was not dumped")
      return
    }
    self.init(
      verdict: survivesTo == start ? .lost : survivesTo >= dumpedEnd ? .whole : .partial,
      start: start,
      survivesTo: survivesTo, end: dumpedEnd, remark: nil)
    if start > pointer { remark = "the stack pointer is below the stack: it overflowed" }
    loseZeros(memory)
  }

  private static func next(above pointer: UInt64, _ memory: CoreMemory) -> Int? {
    let index = memory.segments.partitioningIndex { $0.address > pointer }
    guard index < memory.segments.count,
      memory.segments[index].address - pointer <= largestOverflow,
      memory.segments[index].flags.contains(.write)
    else { return nil }
    return index
  }

  /// A stack holds return addresses where its pointer points, and what it began with at its end: zeros at both were
  /// never written by the process.
  private mutating func loseZeros(_ memory: CoreMemory) {
    guard verdict == .whole else { return }
    let count = min(size, 4096)
    for address in [start, end - count] {
      let bytes = memory.readable(at: address, count: Int(count))
      guard bytes.count == Int(count), bytes.allSatisfy({ $0 == 0 }) else { return }
    }
    verdict = .lost
    survivesTo = start
    readsAsZeros = true
    remark = "it reads as zeros from the stack pointer on and at its end"
  }
}
