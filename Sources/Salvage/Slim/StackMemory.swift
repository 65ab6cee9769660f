internal import CoreIO
internal import CoreModel
internal import ELFCore

/// What is in use of the stacks of all threads.
struct StackMemory: Sendable {
  /// What a pointer tells to be in use: from it up to the stack's end.
  struct Stack: Hashable, Sendable {
    let thread: UInt32
    let range: Range<UInt64>
    /// Whether the memory is known to be the thread's stack. Else its end is not known, nor is that it holds nothing else.
    let isCertain: Bool
  }

  /// Those of each thread in the order of the threads: the one that its pointer is on, and then those that it was on when a
  /// signal interrupted it.
  private(set) var stacks: [Stack] = []
  /// Threads whose pointer leads to no memory, and to no stack that they can be known to have overflowed.
  private(set) var unknown: [UInt32] = []
  /// How much of each is kept, from its pointer up.
  private let mostBytes: UInt64

  private let memory: CoreMemory
  private let places: StackPlaces
  private let context: SignalContext?
  /// Where the strings of arguments and environment begin that are to be left out, and the segment that they are in.
  private let environment: (start: UInt64, segment: ProgramHeader)?

  /// Below its stack pointer a function may keep what it needs: the red zone of x86-64 is the largest.
  private static let redZone: UInt64 = 128
  /// What the system gives a stack unless it is told otherwise.
  private static let usualBytes: UInt64 = 8 << 20
  /// How much of a stack that a signal is handled on is looked at for where the other one was.
  private static let mostLooked = 64 << 10
  /// How many may still be looked at: a thread in the middle of a signal is rare, and a hostile core may have a million.
  private var looksLeft = 1024
  /// How many stacks a thread may have been on, one signal after another.
  private static let mostSignals = 8

  /// nil where it is not known where the strings of arguments and environment begin, which are to be left out.
  ///
  /// - Parameter isLimited: whether no more of a stack is kept than is usual.
  init?(_ core: Core, withEnvironment: Bool, isLimited: Bool) {
    memory = core.memory
    places = core.names.places
    mostBytes = isLimited ? Self.usualBytes : .max
    context = SignalContext(core.structure.header.machine, in: core.memory.format)
    let process = core.process
    let random = process.auxiliaryVector?[.random]
    let main = random.flatMap(memory.segment)
    // The kernel puts those strings above its sixteen random bytes.
    if !withEnvironment, let random, let main {
      environment = (random, main)
    } else {
      environment = nil
    }
    for thread in process.threads {
      guard let pointer = thread.stackPointer else { continue }
      var found = ranges(from: pointer, thread.framePointer, thread)
      // Where nothing of it survives there is nothing to leave out.
      if thread.id == process.processID, random == nil, !withEnvironment,
        found.contains(where: isThere)
      {
        return nil
      }
      if pointer > 0, found.allSatisfy(\.isEmpty), memory.segment(at: pointer)?.isGuard ?? true {
        unknown.append(thread.id)
      }
      let home = places.home(of: thread, in: memory.segments)
      if let first = found.first, !found.contains(where: { home?.contains($0.lowerBound) ?? false })
      {
        addInterrupted(&found, thread)
        if let home, !found.contains(where: { home.contains($0.lowerBound) }),
          let range = mentioned(on: first, home, thread, isMain: thread.id == process.processID)
        {
          found.append(range)
        }
      }
      stacks += found.filter { !$0.isEmpty }.map { range in
        Stack(
          thread: thread.id, range: range,
          isCertain: home?.contains(range.lowerBound) ?? false)
      }
    }
  }

  /// What is kept of them.
  var kept: [Range<UInt64>] { stacks.map { limited($0.range) } }

  /// What survived of them and is not among what is kept, in bytes: for each thread, what is certain to be of its stack, and
  /// what may be.
  func leftOut(_ kept: AddressRanges) -> [SlimSummary.StackLeftOut] {
    var result: [SlimSummary.StackLeftOut] = []
    var told = AddressRanges([])
    for isCertain in [true, false] {
      var sizes: [UInt32: UInt64] = [:]
      var end: UInt64 = 0
      let these = stacks.filter { $0.isCertain == isCertain }
      // A hostile core's lie over each other: each byte is told of once.
      for stack in these.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
      where stack.range.upperBound > end {
        let part = max(stack.range.lowerBound, end)..<stack.range.upperBound
        end = part.upperBound
        for gap in told.gaps(in: part).flatMap(kept.gaps) {
          let size = memory.parts(of: gap, [.survived], most: .max).total(\.length)
          if size > 0 { sizes[stack.thread, default: 0] +|= size }
        }
      }
      if isCertain { told = AddressRanges(these.map(\.range)) }
      result += sizes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
        SlimSummary.StackLeftOut(thread: $0.key, size: $0.value, isCertain: isCertain)
      }
    }
    return result
  }

  private func limited(_ range: Range<UInt64>) -> Range<UInt64> {
    range.prefix(mostBytes)
  }

  /// What a thread's pointer tells to be in use: memory above it, and the stack that was overflowed.
  private func ranges(
    from pointer: UInt64, _ framePointer: UInt64?, _ thread: ThreadStatus
  ) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    let overflowed = places.overflowed(by: pointer, framePointer, of: thread, in: memory.segments)
    // What is in a guard was there before it was one.
    if let segment = memory.segment(at: pointer), overflowed == nil || !segment.isGuard {
      ranges.append(range(from: (pointer -| Self.redZone) & ~7, pointer, segment, thread))
    }
    if let overflowed, let segment = memory.segment(at: overflowed) {
      ranges.append(range(from: overflowed, overflowed, segment, thread))
    }
    return ranges
  }

  /// From an address up to the end of the stack that a pointer is on.
  private func range(
    from start: UInt64, _ pointer: UInt64, _ segment: ProgramHeader, _ thread: ThreadStatus
  ) -> Range<UInt64> {
    let start = max(segment.address, start)
    let limit = min(
      places.end(above: pointer, of: thread, in: memory.segments), end(of: segment))
    return start..<max(start, limit)
  }

  private func end(of segment: ProgramHeader) -> UInt64 {
    guard let environment, environment.segment == segment else { return segment.dumpedEnd }
    return min(segment.dumpedEnd, environment.start)
  }

  /// Whether anything survives of the memory that a range is in.
  private func isThere(_ range: Range<UInt64>) -> Bool {
    memory.segment(at: range.lowerBound).map {
      memory.has(.survived, in: $0.address..<$0.dumpedEnd)
    } ?? false
  }

  /// Adds the stacks that a thread was on when signals interrupted it, which are handled on stacks of their own: the registers
  /// that the kernel kept there tell. These may be stacks that the program made for itself.
  private mutating func addInterrupted(
    _ found: inout [Range<UInt64>], _ thread: ThreadStatus
  ) {
    guard let context else { return }
    var next = 0
    var left = Self.mostSignals
    while next < found.count {
      let index = next
      let bytes = looked(at: found[index])
      next += 1
      for offset in stride(from: 0, to: bytes.count, by: memory.format.wordSize) {
        guard context.begins(at: offset, in: bytes.span),
          let pointers = context.pointers(at: offset, in: bytes.span),
          !found.contains(where: { limited($0).contains(pointers.stack) })
        else { continue }
        guard left > 0 else { return }
        left -= 1
        // Such registers are all but the first that is put on a stack for signals: what follows it is more than enough.
        found[index] = found[index].prefix(Self.usualBytes)
        found += ranges(from: pointers.stack, pointers.frame, thread)
      }
    }
  }

  /// What is in use of a thread's own stack by what points to it from the one that it is on.
  private mutating func mentioned(
    on stack: Range<UInt64>, _ home: Range<UInt64>, _ thread: ThreadStatus, isMain: Bool
  ) -> Range<UInt64>? {
    guard let segment = memory.segment(at: home.lowerBound) else { return nil }
    let end = end(of: segment)
    let top = isMain ? end : min(thread.controlBlock ?? 0, end)
    let bottom = looked(at: stack).words(in: memory.format).filter {
      $0 >= home.lowerBound && $0 < top
    }.min()
    guard let bottom else { return nil }
    let first = max(home.lowerBound, (bottom -| Self.redZone) & ~7)
    return first..<max(first, isMain ? top : end)
  }

  /// The bytes of the first part of a range.
  private mutating func looked(at range: Range<UInt64>) -> [UInt8] {
    guard looksLeft > 0 else { return [] }
    looksLeft -= 1
    return memory.readable(
      at: range.lowerBound, count: Int(min(range.length, UInt64(Self.mostLooked))))
  }
}

extension Range<UInt64> {
  /// The first so many of them.
  fileprivate func prefix(_ most: UInt64) -> Range<UInt64> {
    lowerBound..<Swift.min(upperBound, lowerBound +| most)
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
