internal import CoreIO
internal import ELFCore

/// Bytes where a process never has such, zeros most of all: what they prove, and what they only make doubtful.
package struct ContentEvidence {
  package private(set) var reasons: [CoreVerdict.Reason] = []
  /// What is proven to be lost, as ranges of the file.
  package private(set) var lost: [DamageMap.Extent] = []
  /// The stack pointers above which stacks end in something else than zeros: nobody needs to look there again.
  package private(set) var soundStacks: Set<UInt64> = []

  private let process: ProcessSnapshot
  private let memory: CoreMemory
  /// Offsets in the file from which on a page is known to hold something else than zeros.
  private let written: Set<UInt64>
  /// Stacks may be searched for so many bytes: of a core that is none, segments lie over each other.
  private var budget: UInt64

  /// File systems and transfers lose these, or multiples; no machine's pages are smaller.
  private static let unit: UInt64 = 4096

  /// The least that any device loses.
  private static let sector: UInt64 = 512

  /// Of so many threads, all over the core, the control blocks are looked at, and of so many, the first, the stack pointers.
  private static let mostBlocks = 64

  /// So far zeros on a stack are followed.
  private static let mostPages = 16

  /// Of many alike, so many are named.
  private static let mostNamed = 3

  package init(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ names: MemoryNames, _ written: Set<UInt64>
  ) {
    self.written = written
    self.process = process
    self.memory = memory
    budget = structure.sizeFound
    checkVDSO()
    checkMainStack()
    checkThreadStacks(names.places)
    checkControlBlocks()
    checkHeaderPages(names)
    checkForeignHeaders(names)
    checkLinkMap()
  }

  private mutating func lose(_ range: Range<UInt64>, cause: DamageMap.Cause = .zeros) {
    guard let segment = memory.segment(at: range.lowerBound), range.lowerBound < segment.dumpedEnd
    else { return }
    // What is proven may reach into the next segment: what is lost of the first is enough to tell.
    let length = min(range.upperBound, segment.dumpedEnd) - range.lowerBound
    let start = segment.fileOffset &+ (range.lowerBound - segment.address)
    let (end, overflow) = start.addingReportingOverflow(length)
    guard !overflow else { return }
    lost.append(.init(range: start..<end, cause: cause))
  }

  // MARK: What the kernel put there

  private mutating func checkVDSO() {
    guard let vdso = process.auxiliaryVector?[.vdso], let page = zeroBeginning(of: vdso)
    else { return }
    reasons.append(.init(.zeros, "The vdso reads as zeros."))
    lose(page)
  }

  /// The kernel puts sixteen random bytes at its end, and the program's name behind its arguments and its environment.
  private mutating func checkMainStack() {
    let pages = [AuxiliaryVector.Key.random, .executableName].compactMap {
      process.auxiliaryVector?[$0].flatMap { zeroPage(at: $0) }
    }
    guard let end = pages.last else { return }
    let pointers = process.threads.compactMap(\.stackPointer)
    let index = memory.index(at: end.lowerBound)
    let start = pointers.first { memory.index(at: $0) == index }.flatMap { zeroPage(at: $0) }
    let part = start == nil ? "The end of the main stack" : "The main stack"
    reasons.append(.init(.zeros, "\(part) reads as zeros."))
    for page in pages + [start].compactMap(\.self) { lose(page) }
  }

  /// The header page of a module is never zeros.
  private mutating func checkHeaderPages(_ names: MemoryNames) {
    var seen: Set<PathKey> = []
    var zeros: [[UInt8]] = []
    for entry in process.mappedFiles?.entries ?? []
    where entry.fileOffset == 0 && entry.path.first == UInt8(ascii: "/") {
      let kind = names.fileKind(at: entry.range.lowerBound)
      guard kind == .program || kind == .libraries, seen.insert(PathKey(entry.path)).inserted,
        let page = zeroBeginning(of: entry.range.lowerBound)
      else { continue }
      zeros.append(entry.path)
      lose(page)
    }
    guard let first = zeros.first else { return }
    let more = zeros.count > 1 ? " and of \(counted(zeros.count - 1, "more module"))" : ""
    reasons.append(
      .init(.zeros, "The header page of \(PrintableText(first))\(more) reads as zeros."))
  }

  /// The kernel maps the vdso and the dynamic linker, and nobody writes there: what is no ELF header in their place came from
  /// elsewhere, and so did what stands in the place of other headers then. Of those alone a process may have had it so.
  private mutating func checkForeignHeaders(_ names: MemoryNames) {
    let isProven = [AuxiliaryVector.Key.vdso, .base].contains { key in
      process.auxiliaryVector?[key].flatMap(foreignBeginning) != nil
    }
    guard isProven else { return }
    var bases: Set<UInt64> = []
    if let vdso = process.auxiliaryVector?[.vdso] { bases.insert(vdso) }
    for entry in process.mappedFiles?.entries ?? [] where entry.fileOffset == 0 {
      let kind = names.fileKind(at: entry.range.lowerBound)
      if kind == .program || kind == .libraries { bases.insert(entry.range.lowerBound) }
    }
    if let linker = process.auxiliaryVector?[.base] { bases.insert(linker) }
    let foreign = bases.sorted().compactMap(foreignBeginning)
    let words =
      foreign.count == 1
      ? "The header page of the vdso or of the dynamic linker holds"
      : "The header pages of \(foreign.count) modules, the vdso or the dynamic linker among them, hold"
    reasons.append(
      .init(
        .foreign,
        "\(words) other bytes than were there: what stands near may be wrong too, which can't be told."
      ))
    for page in foreign { lose(page, cause: .damaged) }
  }

  /// What is there of the first page of an image that does not begin as one, and not in zeros, which `zeroBeginning` knows.
  private func foreignBeginning(of image: UInt64) -> Range<UInt64>? {
    guard image != 0, let segment = memory.segment(at: image) else { return nil }
    let magic = memory.readable(at: image, count: FileHeader.magic.count)
    guard magic.count == FileHeader.magic.count, magic != FileHeader.magic,
      zeroBeginning(of: image) == nil
    else { return nil }
    let end = min(image +| Self.unit, segment.dumpedEnd)
    return image..<min(end, memory.survivingEnd(from: image))
  }

  /// The zeros that an image begins with: its first page, or whole sectors of it. A cut may leave a part of the page, and a
  /// repair makes that all there is: less than a sector tells nothing, before the repair as after it.
  private func zeroBeginning(of image: UInt64) -> Range<UInt64>? {
    guard let segment = memory.segment(at: image),
      image == max(segment.address, image & ~(Self.unit - 1)),
      !written.contains(segment.fileOffset &+ (image - segment.address))
    else { return nil }
    let size = min(Self.unit, segment.dumpedEnd -| image)
    let bytes = memory.readable(at: image, count: Int(size))
    let zeros = UInt64(bytes.prefix { $0 == 0 }.count)
    let lost = zeros == UInt64(bytes.count) ? zeros : zeros & ~(Self.sector - 1)
    return lost >= Self.sector ? image..<image + lost : nil
  }

  /// The page of an address, from its beginning to the end of what was dumped of it, where that is all zeros, and survived.
  private func zeroPage(at address: UInt64) -> Range<UInt64>? {
    guard let segment = memory.segment(at: address) else { return nil }
    let start = max(segment.address, address & ~(Self.unit - 1))
    let end = min(start.addingReportingOverflow(Self.unit).partialValue, segment.dumpedEnd)
    guard start < end else { return nil }
    let place = segment.fileOffset &+ (start - segment.address)
    guard !place.addingReportingOverflow(end - start).overflow, !written.contains(place) else {
      return nil
    }
    let bytes = memory.readable(at: start, count: Int(end - start))
    guard bytes.count == Int(end - start), bytes.areZeros else { return nil }
    return start..<end
  }

  private mutating func checkLinkMap() {
    guard let zeros = ZeroedLinkMap(process, memory) else { return }
    reasons.append(
      .init(
        .zeros,
        "\(zeros.thing) reads as zeros; --zero-runs lost:4096 takes all pages of zeros for lost."))
    lose(zeros.range)
  }

  // MARK: Threads

  /// A thread that runs has return addresses above its stack pointer, and at the end of its stack what it began with. Zeros
  /// from the pointer to the end prove that the stack is lost; zeros at both make it doubtful.
  private mutating func checkThreadStacks(_ places: StackPlaces) {
    var proven: [UInt32] = []
    var doubtful: [UInt32] = []
    var holed: [UInt32] = []
    var starts: [UInt64: UInt64] = [:]
    for (number, thread) in process.threads.enumerated() {
      guard let pointer = thread.stackPointer else { continue }
      let overflowed = places.overflowed(
        by: pointer, thread.framePointer, of: thread, in: memory.segments)
      let first = overflowed ?? pointer
      guard let index = memory.index(at: first) else { continue }
      let segment = memory.segments[index]
      let limit = places.end(above: first, of: thread, in: memory.segments)
      let end = min(segment.dumpedEnd, limit)
      guard end > first else { continue }
      let start = starts[end] ?? startOfZeros(upTo: end, of: segment)
      starts[end] = start
      // One page of zeros may be all that a thread that has just begun has; but its control block begins with its own
      // address.
      let isLong = end - first >= 2 * Self.unit
      let hasBlock = thread.controlBlock.map { $0 >= start && $0 < end && $0 > 0 } ?? false
      // Of the end, where something else than zeros was found in its last page.
      let endsInMore = start < end && start > end - min(end - first, Self.unit)
      if endsInMore { soundStacks.insert(pointer) }
      if first >= start, isLong || hasBlock {
        proven.append(thread.id)
        lose(max(segment.address, first & ~(Self.unit - 1))..<end)
      } else if !endsInMore,
        StackState(pointer: pointer, overflowed: overflowed, endingBefore: limit, memory)
          .readsAsZeros
      {
        doubtful.append(thread.id)
      } else if number < Self.mostBlocks, overflowed == nil,
        isHole(at: first, upTo: min(end, start))
      {
        holed.append(thread.id)
      }
    }
    if !proven.isEmpty {
      reasons.append(
        .init(
          .zeros,
          "The stack of \(Self.words(proven)) reads as zeros from the stack pointer to its end."))
    }
    if !doubtful.isEmpty {
      reasons.append(
        .init(
          .zeros,
          "The stack of \(Self.words(doubtful)) reads as zeros from the stack pointer on and at its end.",
          isDamage: false))
    }
    if !holed.isEmpty {
      let pages = holed.count == 1 ? "The page" : "The pages"
      reasons.append(
        .init(
          .zeros,
          "\(pages) at the stack pointer of \(Self.words(holed)) \(holed.count == 1 ? "reads" : "read") as zeros, and what follows does not: frames may be lost there; --zero-runs lost:4096 takes all pages of zeros for lost.",
          isDamage: false))
    }
  }

  /// Whether pages of zeros lie at an address of a stack, and something else right behind them: what a program has zeroed
  /// itself hardly ever begins and ends with a page.
  private func isHole(at pointer: UInt64, upTo end: UInt64) -> Bool {
    // Mostly a few bytes tell that there is something.
    let first = memory.readable(at: pointer, count: 64)
    guard first.areZeros, var page = zeroPage(at: pointer) else { return false }
    for _ in 0..<Self.mostPages where page.upperBound < end {
      let size = Int(min(end - page.upperBound, Self.sector))
      let next = memory.readable(at: page.upperBound, count: size)
      if next.contains(where: { $0 != 0 }) { return page.lowerBound & (Self.unit - 1) == 0 }
      guard next.count == size, let more = zeroPage(at: page.upperBound) else { return false }
      page = more
    }
    return false
  }

  /// A control block begins with its own address. Of one thread the program may have overwritten it, and in some runtimes no
  /// thread has one: but where some are right, and several that come behind them in the file are not, the file is not this dump's
  /// from a place on.
  private mutating func checkControlBlocks() {
    var rightEnd: UInt64?
    var wrong: [(id: UInt32, place: UInt64)] = []
    var zeros: [(id: UInt32, page: Range<UInt64>)] = []
    let threads = process.threads
    for index in stride(from: 0, to: threads.count, by: threads.count / Self.mostBlocks + 1) {
      let thread = threads[index]
      guard let block = thread.controlBlock, let segment = memory.segment(at: block) else {
        continue
      }
      let place = segment.fileOffset &+ (block - segment.address)
      let bytes = memory.readable(at: block, count: memory.format.wordSize)
      guard bytes.count == memory.format.wordSize,
        let value = bytes.span.integer(at: 0, size: bytes.count, memory.format.byteOrder)
      else { continue }
      if value == block {
        rightEnd = max(rightEnd ?? 0, place)
      } else if bytes.contains(where: { $0 != 0 }) {
        wrong.append((thread.id, place))
      } else if let page = zeroPage(at: block) {
        zeros.append((thread.id, page))
      }
    }
    guard let rightEnd else { return }
    if !zeros.isEmpty {
      let blocks = zeros.count == 1 ? "The control block of" : "The control blocks of"
      reasons.append(
        .init(
          .zeros,
          "\(blocks) \(Self.words(zeros.map(\.id))) \(zeros.count == 1 ? "reads" : "read") as zeros."
        ))
      for zero in zeros { lose(zero.page) }
    }
    guard !wrong.isEmpty else { return }
    let block = wrong.count == 1 ? "The control block of" : "The control blocks of"
    let begins = wrong.count == 1 ? "does not begin with its" : "do not begin with their"
    let isDamage = wrong.count > 1 && wrong.allSatisfy { $0.place > rightEnd }
    let more =
      isDamage
      ? "the stacks there, and more behind them, are other bytes than the process had"
      : "it was overwritten by the program, or the stack is other bytes than the process had"
    reasons.append(
      .init(
        .foreign, "\(block) \(Self.words(wrong.map(\.id))) \(begins) own address: \(more).",
        isDamage: isDamage))
  }

  /// From where on, up to an end in a segment, there is nothing but zeros that survived; that end where there are none.
  private mutating func startOfZeros(upTo end: UInt64, of segment: ProgramHeader) -> UInt64 {
    var start = end
    // Most stacks end in something else than zeros: a little of the end tells so.
    var step: UInt64 = 1024
    while start > segment.address, budget > 0 {
      let count = min(start - segment.address, step)
      step = min(4 * step, 1 << 16)
      budget -= min(budget, count)
      let bytes = memory.readable(at: start - count, count: Int(count))
      guard bytes.count == Int(count) else { break }
      if let last = bytes.lastIndex(where: { $0 != 0 }) { return start - count + UInt64(last) + 1 }
      start -= count
    }
    return start
  }

  /// "thread 12", "threads 12, 13, 14 and 7 more".
  package static func words(_ ids: [UInt32]) -> String {
    let named = ids.prefix(mostNamed).map(String.init).joined(separator: ", ")
    let more = ids.count > mostNamed ? " and \(ids.count - mostNamed) more" : ""
    return (ids.count == 1 ? "thread " : "threads ") + named + more
  }
}
