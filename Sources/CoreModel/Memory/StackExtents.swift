internal import CoreIO
internal import ELFCore

/// Where the stacks of threads end. Since glibc 2.42 the guard of a stack is no mapping of its own, so that the stacks of
/// many threads are one segment, whose end is that of the last of them.
package struct StackExtents: Sendable {
  /// The stack pointers and the control blocks of all threads, in order, each once.
  private let marks: [UInt64]
  private let pageSize: UInt64

  package init(_ process: ProcessSnapshot) {
    // A kernel's stacks are no threads' of ours.
    let threads = process.writer.isMachine ? [] : process.threads
    marks = Set(threads.flatMap { [$0.stackPointer, $0.controlBlock] }.compactMap(\.self)).sorted()
    pageSize = process.pageSize
  }

  /// The end of a thread's stack, as far as registers tell: the segment may end before. Its control block lies at the top of
  /// it, in its last page; and what is another thread's is beyond it.
  package func end(above pointer: UInt64, controlBlock: UInt64?) -> UInt64 {
    let next = marks[marks.partitioningIndex { $0 > pointer }...].first { $0 != controlBlock }
    guard let controlBlock, controlBlock >= pointer, controlBlock < .max - pageSize else {
      return next ?? .max
    }
    return min(roundUp(controlBlock + 1, to: pageSize), next ?? .max)
  }
}
