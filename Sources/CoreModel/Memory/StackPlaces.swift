internal import CoreIO
package import ELFCore

/// Whose stack is where: also of a thread that overflowed its own, so that its pointer leads elsewhere.
package struct StackPlaces: Sendable {
  private let extents: StackExtents
  private let mainThread: UInt32?
  /// What the kernel put on the main stack for the program: its sixteen random bytes.
  private let mainStack: UInt64?
  /// The control blocks of the other threads, in order: each lies at the top of a stack.
  private let blocks: [UInt64]
  private let pageSize: UInt64

  /// How far below a stack a pointer may be that nothing else ties to it: a guard, and one large frame. It is also how far
  /// apart two stacks may be for an overflow to lead from one into the other.
  private static let farthest: UInt64 = 1 << 20

  package init(_ process: ProcessSnapshot) {
    extents = StackExtents(process)
    mainThread = process.processID
    mainStack = process.auxiliaryVector?[.random]
    pageSize = process.pageSize
    let main = process.processID
    let threads = process.writer.isMachine ? [] : process.threads.filter { $0.id != main }
    blocks = threads.compactMap(\.controlBlock).sorted()
  }

  /// An address that is on a thread's stack, whatever its pointer says.
  private func mark(of thread: ThreadStatus) -> UInt64? {
    thread.id == mainThread ? mainStack : thread.controlBlock
  }

  /// The memory that is known to hold a thread's stack, whatever its pointer says: the main thread's is where the kernel put its
  /// random bytes, and that of another ends with its control block. Stacks that share a segment begin where the one before
  /// ends. nil where nothing tells.
  package func home(of thread: ThreadStatus, in segments: LoadSegments) -> Range<UInt64>? {
    let isMain = thread.id == mainThread
    guard let mark = mark(of: thread),
      let segment = segments.index(at: mark).map({ segments[$0] }), segment.flags.contains(.write)
    else { return nil }
    var start = segment.address
    let index = blocks.partitioningIndex { $0 >= mark }
    if !isMain, index > 0, blocks[index - 1] >= start {
      start = min(mark, roundUp(blocks[index - 1] + 1, to: pageSize))
    }
    return start..<segment.memoryEnd
  }

  /// The end of the stack that a pointer of a thread is on, as far as registers tell: the segment may end before. Of its own stack
  /// that is certain, whosever pointer has strayed into it.
  package func end(
    above pointer: UInt64, of thread: ThreadStatus, in segments: LoadSegments
  ) -> UInt64 {
    let end = extents.end(above: pointer, controlBlock: thread.controlBlock)
    guard let block = thread.controlBlock, block >= pointer, thread.id != mainThread else {
      return end
    }
    let own = roundUp(block +| 1, to: pageSize)
    // Mostly nobody else's pointer is in between.
    guard end != own, home(of: thread, in: segments)?.contains(pointer) ?? false else { return end }
    return own
  }

  /// The lowest byte of the stack that a thread has overflowed: its pointer is in the guard below that stack, in the gap below
  /// it, or in the stack of another thread below them. nil where the pointer is in its stack, and where it is not certain
  /// which one it left.
  ///
  /// - Parameters:
  ///   - pointer: the thread's, or one that it had when a signal interrupted it.
  ///   - framePointer: the frame pointer beside it.
  package func overflowed(
    by pointer: UInt64, _ framePointer: UInt64?, of thread: ThreadStatus, in segments: LoadSegments
  ) -> UInt64? {
    let inside = segments.index(at: pointer)
    let isInMemory = inside.map { segments[$0].flags.contains(.write) } ?? false
    if isInMemory, let inside, !isAnothers(than: thread, pointer, in: segments[inside]) {
      return nil
    }
    let known = home(of: thread, in: segments)
    let home = known.flatMap { $0.lowerBound > pointer ? $0 : nil }
    if isInMemory, let inside {
      guard let home, segments[inside].memoryEnd >= home.lowerBound -| Self.farthest else {
        return nil
      }
      return home.lowerBound
    }
    guard inside.map({ segments[$0].isGuard }) ?? true else { return nil }
    // Nothing can be written where the pointer is. Where its frame begins, a frame pointer tells.
    if let home, let framePointer, home.contains(framePointer) { return home.lowerBound }
    var next = segments.partitioningIndex { $0.address > pointer }
    if inside == nil, next < segments.count, segments[next].isGuard { next += 1 }
    guard next < segments.count, segments[next].flags.contains(.write) else { return nil }
    let stack = segments[next].address..<segments[next].memoryEnd
    if home?.lowerBound == stack.lowerBound || framePointer.map(stack.contains) ?? false {
      return stack.lowerBound
    }
    let hasGuard =
      next > 0 && segments[next - 1].isGuard && segments[next - 1].memoryEnd == stack.lowerBound
    guard hasGuard else { return nil }
    // A guard belongs to the stack above it, also to one that a program made for itself.
    // Where its own is known and not there, that one is lost, and this is another's.
    return inside != nil || mark(of: thread) == nil && stack.lowerBound - pointer <= Self.farthest
      ? stack.lowerBound : nil
  }

  /// Whether an address is in the stack of another thread than this one, which ends with that one's control block.
  private func isAnothers(
    than thread: ThreadStatus, _ pointer: UInt64, in segment: ProgramHeader
  ) -> Bool {
    let next = blocks[blocks.partitioningIndex { $0 > pointer }...].first
    return next.map { $0 != thread.controlBlock && $0 < segment.memoryEnd } ?? false
  }
}

extension ProgramHeader {
  /// Whether it is memory without any rights: what lies below a stack so that an overflow is noticed. The kernel dumps what was
  /// written there before it lost them.
  package var isGuard: Bool { flags.isDisjoint(with: [.read, .write, .execute]) }
}
