internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The stacks of all threads, each from its stack pointer up.
struct StackMemory {
  /// A stack for each thread that has one, in the order of the threads; and those that a handler of a signal was called on.
  private(set) var stacks: [Range<UInt64>] = []

  /// Below its stack pointer a function may keep what it needs: the red zone of x86-64 is the largest.
  private static let redZone: UInt64 = 128
  /// What the system gives a stack unless it is told otherwise. What is more is a program's own memory with a stack in it.
  private static let mostBytes: UInt64 = 8 << 20
  /// How much of a stack that a signal is handled on is looked at for where the other one was.
  private static let mostLooked = 64 << 10
  /// On how many of them: one in the middle of a signal is rare, and a hostile core may have a million.
  private static let mostHandlers = 1024

  /// nil where it is not known where the strings of arguments and environment begin, which are to be left out.
  init?(_ core: Core, withEnvironment: Bool) {
    let (memory, process) = (core.memory, core.process)
    let extents = StackExtents(process)
    let random = process.auxiliaryVector?[.random]
    let main = random.flatMap(memory.segment)
    var handlers = 0
    for thread in process.threads {
      guard let pointer = thread.stackPointer, let segment = memory.segment(at: pointer) else {
        continue
      }
      let isMain = thread.id == process.processID
      // Where nothing of it survives there is nothing to leave out.
      if isMain, random == nil, !withEnvironment,
        memory.has(.survived, in: segment.address..<segment.dumpedEnd)
      {
        return nil
      }
      func end(of segment: ProgramHeader) -> UInt64 {
        // The kernel puts those strings above its sixteen random bytes.
        guard !withEnvironment, let main, segment == main, let random else {
          return segment.dumpedEnd
        }
        return min(segment.dumpedEnd, random)
      }
      let start = max(segment.address, (pointer -| Self.redZone) & ~7)
      let limit = min(
        extents.end(above: pointer, controlBlock: thread.controlBlock), end(of: segment))
      append(start..<max(start, limit))
      // A signal may be handled on a stack of its own: the thread's is where that leads to.
      let home = isMain ? main : thread.controlBlock.flatMap(memory.segment)
      guard let home, home != segment, home.flags.contains(.write), handlers < Self.mostHandlers
      else { continue }
      handlers += 1
      let top = isMain ? end(of: home) : min(thread.controlBlock ?? 0, end(of: home))
      let bottom = Self.words(from: start, to: limit, memory).filter {
        $0 >= home.address && $0 < top
      }.min()
      guard let bottom else { continue }
      let first = max(home.address, (bottom -| Self.redZone) & ~7)
      append(first..<max(first, isMain ? top : end(of: home)))
    }
  }

  private mutating func append(_ range: Range<UInt64>) {
    let range = range.lowerBound..<min(range.upperBound, range.lowerBound +| Self.mostBytes)
    if !range.isEmpty { stacks.append(range) }
  }

  /// The words of the first part of a range.
  private static func words(from start: UInt64, to end: UInt64, _ memory: CoreMemory) -> [UInt64] {
    let count = Int(min(end -| start, UInt64(mostLooked)))
    return memory.readable(at: start, count: count).words(in: memory.format)
  }
}

extension [UInt8] {
  /// The words that they are, in a core's format.
  func words(in format: ELFFormat) -> [UInt64] {
    let span = self.span
    return stride(from: 0, through: count - format.wordSize, by: format.wordSize).compactMap {
      span.integer(at: $0, size: format.wordSize, format.byteOrder)
    }
  }
}
