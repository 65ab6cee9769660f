internal import ELFCore

/// Gives ranges of memory the names that people use: a thread's stack, a library's data, the heap.
struct MemoryNames {
  private let files: [MappedFiles.Entry]
  private let stacks: [(pointer: UInt64, thread: UInt32)]
  private let vdso: UInt64?
  private let mainThread: UInt32?
  private let heapStart: UInt64?

  init(_ process: ProcessSnapshot) {
    files = (process.mappedFiles?.entries ?? []).sorted {
      $0.range.lowerBound < $1.range.lowerBound
    }
    stacks = process.threads.compactMap { thread in
      thread.stackPointer.map { (pointer: $0, thread: thread.id) }
    }.sorted { $0.pointer < $1.pointer }
    vdso = process.auxiliaryVector?[.vdso]
    mainThread = process.processID
    let program = process.programPath
    heapStart = files.last { $0.path == program }?.range.upperBound
  }

  /// What lies at `range`; `segment` is the whole segment that it is a part of.
  func name(of range: Range<UInt64>, segment: Range<UInt64>, flags: ProgramHeader.Flags) -> String {
    if let vdso, segment.contains(vdso) { return "vdso" }
    if let threads = threads(on: segment) { return threads }
    if let file = file(at: range.lowerBound) {
      let name = file.path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? file.path
      return "\(PrintableText(name)) \(Self.part(flags))"
    }
    if let heapStart, flags.contains(.write), segment.lowerBound >= heapStart,
      segment.lowerBound - heapStart < 64 << 20,
      files.first.map({ $0.range.lowerBound < heapStart }) ?? false,
      next(after: heapStart).map({ segment.upperBound <= $0 }) ?? true
    {
      return "heap"
    }
    return flags.contains(.write) ? "anonymous memory" : "read-only anonymous memory"
  }

  private static func part(_ flags: ProgramHeader.Flags) -> String {
    if flags.contains(.write) { return "data" }
    return flags.contains(.execute) ? "code" : "read-only data"
  }

  /// The threads whose stack pointer is in a segment.
  private func threads(on segment: Range<UInt64>) -> String? {
    let first = stacks.partitioningIndex { $0.pointer >= segment.lowerBound }
    guard first < stacks.count, segment.contains(stacks[first].pointer) else { return nil }
    let ids = stacks[first...].prefix { segment.contains($0.pointer) }.map(\.thread)
    if ids.count > 3 { return "stacks of \(ids.count) threads" }
    return ids.map { $0 == mainThread ? "the main thread's stack" : "the stack of thread \($0)" }
      .joined(separator: " and ")
  }

  private func file(at address: UInt64) -> MappedFiles.Entry? {
    let index = lastFile(at: address)
    guard let index, files[index].range.contains(address) else { return nil }
    return files[index]
  }

  /// Where the first mapped file above an address begins.
  private func next(after address: UInt64) -> UInt64? {
    let index = lastFile(at: address).map { $0 + 1 } ?? 0
    return index < files.count ? files[index].range.lowerBound : nil
  }

  /// The last entry that begins at or below an address.
  private func lastFile(at address: UInt64) -> Int? {
    let after = files.partitioningIndex { $0.range.lowerBound > address }
    return after == 0 ? nil : after - 1
  }
}
