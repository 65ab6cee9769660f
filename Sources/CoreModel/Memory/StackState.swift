internal import CoreIO
package import ELFCore

/// How much of a thread's stack a debugger can walk. Frames lie from the stack pointer upwards, the outermost at the
/// stack's end, and a cut takes the end: what survives is told from the stack pointer up.
public struct StackState: Hashable, Sendable {
  /// How much of it is left. The raw value is its name in JSON.
  public enum Verdict: String, Hashable, Sendable {
    /// Every byte from the stack pointer to the stack's end survived.
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
  /// The end of the stack, which is its segment's but where threads share one; `start` where no segment holds the stack.
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

  /// - Parameters:
  ///   - overflowed: the lowest byte of the stack, where the pointer has left it: see `StackPlaces`.
  ///   - limit: where the stack ends, as far as that is known from elsewhere: see `StackExtents`.
  ///   - isSound: whether it is known that it doesn't end in zeros.
  package init(
    pointer: UInt64, overflowed: UInt64? = nil, endingBefore limit: UInt64,
    _ memory: borrowing CoreMemory, isSound: Bool = false
  ) {
    let start = overflowed ?? pointer
    guard let index = memory.index(at: start) else {
      self = .absent(pointer, "the stack pointer is outside all segments")
      return
    }
    let segment = memory.segments[index]
    let (segmentEnd, overflow) = segment.address.addingReportingOverflow(segment.fileSize)
    let dumpedEnd = limit > start ? min(segmentEnd, limit) : segmentEnd
    let survivesTo = min(memory.survivingEnd(from: start, in: index), dumpedEnd)
    guard segment.fileSize > 0, !overflow, dumpedEnd > start else {
      self = .absent(pointer, "its memory was not dumped")
      return
    }
    self.init(
      verdict: survivesTo == start ? .lost : survivesTo >= dumpedEnd ? .whole : .partial,
      start: start,
      survivesTo: survivesTo, end: dumpedEnd, remark: nil)
    if overflowed != nil { remark = "the stack pointer is below the stack: it overflowed" }
    if !isSound { loseZeros(memory) }
  }

  /// Says what a thread is that has never run outside of the kernel: its own workers are in the dump like all others.
  package mutating func addKernelWorker(programCounter: UInt64?) {
    guard verdict == .absent, start == 0, programCounter == 0 else { return }
    remark = "pc and sp are 0, as those of the kernel's own workers (io_uring), which have no stack"
  }

  /// Says that the stack is full, where the fault that ended the thread was in the guard below it.
  package mutating func addOverflow(_ pointer: UInt64, _ fault: SignalInfo, _ memory: CoreMemory) {
    // SIGSEGV, SEGV_MAPERR, SEGV_ACCERR
    let (signal, notMapped, notAllowed): (Int32, Int32, Int32) = (11, 1, 2)
    let address = fault.address
    let distance = address > pointer ? address - pointer : pointer - address
    guard fault.signal == signal, distance <= Self.largestOverflow,
      let guarded = memory.index(at: address), let stack = memory.index(at: pointer)
    else { return }
    let segment = memory.segments[guarded]
    // A guard without a mapping of its own (MADV_GUARD_INSTALL) is the only place in memory that is there to be written
    // which the kernel calls not mapped; one that is a mapping has no rights.
    let isInside =
      fault.code == notMapped && guarded == stack && segment.flags.contains([.read, .write])
    let isBelow =
      fault.code == notAllowed && segment.flags.isDisjoint(with: [.read, .write, .execute])
      && guarded + 1 < memory.segments.count
      && memory.segments[guarded + 1].address == segment.addressEnd
      && (stack == guarded || stack == guarded + 1)
    if isInside || isBelow { remark = "it is full: the address of the fault is in its guard page" }
  }

  /// A stack holds return addresses where its pointer points, and what it began with at its end: zeros at both were
  /// never written by the process.
  private mutating func loseZeros(_ memory: CoreMemory) {
    guard verdict == .whole else { return }
    let count = min(size, 4096)
    for address in [start, end - count] {
      let bytes = memory.readable(at: address, count: Int(count))
      guard bytes.count == Int(count), bytes.areZeros else { return }
    }
    verdict = .lost
    survivesTo = start
    readsAsZeros = true
    remark = "it reads as zeros from the stack pointer on and at its end"
  }
}
