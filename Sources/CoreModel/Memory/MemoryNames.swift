internal import CoreIO
package import ELFCore

/// What people call a range of memory.
package enum MemoryName: Hashable, Sendable, CustomStringConvertible {
  case words(String)
  /// A core may have thousands: their words are made when they are read.
  case stack(thread: UInt32)

  package var description: String {
    switch self {
    case .words(let words): words
    case .stack(let thread): "the stack of thread \(thread)"
    }
  }
}

/// Gives ranges of memory the kinds and the names that people use: a thread's stack, a library's data, the heap.
package struct MemoryNames: Sendable {
  /// Where stacks are.
  package let places: StackPlaces
  private let files: [MappedFiles.Entry]
  /// The kind and the printable name of each file: a hostile path may be as long as its note, and is looked at once.
  private let labels: [(kind: MemoryKind, name: String)]
  private let stacks: [(pointer: UInt64, end: UInt64, thread: UInt32)]
  private let vdso: UInt64?
  private let mainThread: UInt32?
  private let mainPointer: UInt64?
  /// What the kernel put on the main stack for the program.
  private let mainStackAddresses: [UInt64]
  private let heapStart: UInt64?
  private let programName: String
  /// Whether a segment between the program's own and the next file's can be nothing but the heap.
  private var hasOwnHeap = false

  /// - Parameter segments: the headers' memory, where that is at hand.
  package init(
    _ process: ProcessSnapshot, _ headers: [ProgramHeader], _ segments: LoadSegments? = nil
  ) {
    let files = (process.mappedFiles?.entries ?? []).sorted {
      $0.range.lowerBound < $1.range.lowerBound
    }
    let program = process.programPath
    self.files = files
    let labels = Self.labels(files, program, headers)
    self.labels = labels
    heapStart = files.last { $0.path == program }?.range.upperBound
    // A kernel's stacks are no segments of their own.
    let places = StackPlaces(process)
    self.places = places
    let segments = segments ?? LoadSegments(headers)
    var stacks: [(pointer: UInt64, end: UInt64, thread: UInt32)] = []
    for thread in process.writer.isMachine ? [] : process.threads {
      guard let pointer = thread.stackPointer else { continue }
      func add(_ pointer: UInt64) {
        let end = places.end(above: pointer, of: thread, in: segments)
        stacks.append((pointer: pointer, end: end, thread: thread.id))
      }
      add(pointer)
      let overflowed = places.overflowed(
        by: pointer, thread.framePointer, of: thread, in: segments)
      if let overflowed { add(overflowed) }
    }
    self.stacks = stacks.sorted { $0.pointer < $1.pointer }
    vdso = process.auxiliaryVector?[.vdso]
    mainThread = process.processID
    mainPointer = process.threads.first { $0.id == process.processID }?.stackPointer
    mainStackAddresses = [AuxiliaryVector.Key.executableName, .random].compactMap {
      process.auxiliaryVector?[$0]
    }
    programName = files.firstIndex { $0.path == program }.map { labels[$0].name } ?? ""
    hasOwnHeap = headers.contains { header in
      let (end, overflow) = header.address.addingReportingOverflow(header.memorySize)
      return header.kind == .load && header.address != heapStart && !overflow
        && isHeap(header.address..<max(header.address, end), header.flags)
    }
  }

  /// Each entry of NT_FILE is a segment of its own, whose flags tell code: a file that is code somewhere is a library.
  private static func labels(
    _ files: [MappedFiles.Entry], _ program: [UInt8]?, _ headers: [ProgramHeader]
  ) -> [(kind: MemoryKind, name: String)] {
    guard !files.isEmpty else { return [] }
    let code = Set(
      headers.lazy.filter { $0.kind == .load && $0.flags.contains(.execute) }.map(\.address))
    let codePaths = Set(
      files.lazy.filter { code.contains($0.range.lowerBound) }.map { PathKey($0.path) })
    var labels: [(kind: MemoryKind, name: String)] = []
    labels.reserveCapacity(files.count)
    for (index, file) in files.enumerated() {
      // The mappings of one file stand together.
      if index > 0, files[index - 1].path == file.path {
        labels.append(labels[index - 1])
        continue
      }
      let kind: MemoryKind =
        if file.path == program {
          .program
        } else if sharedPrefixes.contains(where: { file.path.starts(with: $0) }) {
          .shared
        } else {
          codePaths.contains(PathKey(file.path)) || isNamedAsLibrary(file.path)
            ? .libraries : .files
        }
      labels.append((kind, PrintableText(lastPart(file.path)).description))
    }
    return labels
  }

  /// Where a look-up ended: the next one is near, where somebody asks in the order of addresses.
  package struct Position {
    fileprivate var stack = 0
    fileprivate var file = 0

    package init() {}
  }

  /// What lies at `range`; `segment` is the whole segment that it is a part of.
  package func label(
    of range: Range<UInt64>, segment: Range<UInt64>, flags: ProgramHeader.Flags,
    near position: inout Position
  ) -> (kind: MemoryKind, name: MemoryName) {
    let kind = kind(of: range, segment: segment, flags: flags, near: &position)
    return (kind, name(kind, range, segment, flags))
  }

  private func name(
    _ kind: MemoryKind, _ range: Range<UInt64>, _ segment: Range<UInt64>,
    _ flags: ProgramHeader.Flags
  ) -> MemoryName {
    switch kind {
    case .vdso: .words(segment.lowerBound == Self.vsyscall ? "vsyscall" : "vdso")
    case .threadStacks, .mainStack:
      threads(on: segment, in: range) ?? .words("the main thread's stack")
    case .heap: .words(isBehindProgram(segment, flags) ? "heap or \(programName) data" : "heap")
    case .anonymous:
      .words(flags.contains(.write) ? "anonymous memory" : "read-only anonymous memory")
    case .program, .libraries, .shared, .files:
      .words(
        (fileIndex(at: range.lowerBound).map { labels[$0].name } ?? programName) + " "
          + Self.part(flags))
    }
  }

  /// The kind of what lies at `range`; `segment` is the whole segment that it is a part of.
  package func kind(
    of range: Range<UInt64>, segment: Range<UInt64>, flags: ProgramHeader.Flags
  ) -> MemoryKind {
    var position = Position()
    return kind(of: range, segment: segment, flags: flags, near: &position)
  }

  /// The same.
  package func kind(
    of range: Range<UInt64>, segment: Range<UInt64>, flags: ProgramHeader.Flags,
    near position: inout Position
  ) -> MemoryKind {
    if let vdso, segment.contains(vdso) { return .vdso }
    if segment.lowerBound == Self.vsyscall { return .vdso }
    if mainStackAddresses.contains(where: segment.contains) { return .mainStack }
    if let mainPointer, segment.contains(mainPointer) { return .mainStack }
    position.stack = stacks.partitioningIndex(near: position.stack) {
      $0.pointer >= segment.lowerBound
    }
    if position.stack < stacks.count, stacks[position.stack].pointer < segment.upperBound {
      return .threadStacks
    }
    let address = range.lowerBound
    position.file = files.partitioningIndex(near: position.file) { $0.range.lowerBound > address }
    if position.file > 0, files[position.file - 1].range.contains(address) {
      return labels[position.file - 1].kind
    }
    if isBehindProgram(segment, flags), hasOwnHeap { return .program }
    return isHeap(segment, flags) ? .heap : .anonymous
  }

  /// Where x86-64 kernels put it in every process.
  private static let vsyscall: UInt64 = 0xffff_ffff_ff60_0000

  private static let sharedPrefixes = ["/SYSV", "/memfd:", "/dev/shm/", "/dev/zero"].map {
    Array($0.utf8)
  }

  /// `libc.so.6`, `libx.so (deleted)`: a library whose program header was lost or that is mapped only in part.
  private static func isNamedAsLibrary(_ path: [UInt8]) -> Bool {
    let name = lastPart(path)
    let mark = Array(".so".utf8)
    guard name.count >= mark.count else { return false }
    return (0...name.count - mark.count).contains { index in
      name[index...].starts(with: mark)
        && (index + 3 == name.count || name[index + 3] == UInt8(ascii: ".")
          || name[index + 3] == UInt8(ascii: " "))
    }
  }

  /// The last part of a path, no longer than a file's name can be.
  package static func lastPart(_ path: [UInt8]) -> [UInt8] {
    let slash = path.dropLast().lastIndex(of: UInt8(ascii: "/"))
    let name = path[(slash.map { $0 + 1 } ?? 0)...]
    return Array((name.last == UInt8(ascii: "/") ? name.dropLast() : name).prefix(255))
  }

  /// The kernel puts the heap up to 1 GiB behind a program that is position independent.
  private static let farthestHeap: UInt64 = (1 << 30) + (64 << 20)

  private func isHeap(_ segment: Range<UInt64>, _ flags: ProgramHeader.Flags) -> Bool {
    guard let heapStart, flags.contains(.write), segment.lowerBound >= heapStart,
      segment.lowerBound - heapStart < Self.farthestHeap,
      files.first.map({ $0.range.lowerBound < heapStart }) ?? false
    else { return false }
    return next(after: heapStart).map { segment.upperBound <= $0 } ?? true
  }

  /// Whether a segment follows the program's data at once: its variables that begin as zeros. Where no other can be the heap,
  /// this one may hold it too.
  package func isBehindProgram(_ segment: Range<UInt64>, _ flags: ProgramHeader.Flags) -> Bool {
    heapStart == segment.lowerBound && flags.contains(.write)
  }

  private static func part(_ flags: ProgramHeader.Flags) -> String {
    if flags.contains(.write) { return "data" }
    return flags.contains(.execute) ? "code" : "read-only data"
  }

  /// The threads whose stack pointer is in a segment, by their indices in `stacks`.
  private func stackIndices(on segment: Range<UInt64>) -> Range<Int> {
    let first = stacks.partitioningIndex { $0.pointer >= segment.lowerBound }
    return first..<max(first, stacks.partitioningIndex { $0.pointer >= segment.upperBound })
  }

  /// Whose stacks a part of a segment is.
  private func threads(on segment: Range<UInt64>, in range: Range<UInt64>) -> MemoryName? {
    var indices = stackIndices(on: segment)
    guard !indices.isEmpty else { return nil }
    if indices.count > 1 {
      // Below a stack pointer nothing of its stack is in use; whose that is, no register tells.
      let first = stacks.partitioningIndex { $0.end > range.lowerBound }
      let end = stacks.partitioningIndex { $0.pointer >= range.upperBound }
      indices = (first..<max(first, end)).clamped(to: indices)
      guard !indices.isEmpty else { return .words("unused memory of thread stacks") }
    }
    func name(_ thread: UInt32) -> MemoryName {
      thread == mainThread ? .words("the main thread's stack") : .stack(thread: thread)
    }
    if indices.count == 1 { return name(stacks[indices.lowerBound].thread) }
    guard indices.count <= 3 else { return .words("stacks of \(indices.count) threads") }
    return .words(
      stacks[indices].map { name($0.thread).description }.joined(separator: " and "))
  }

  /// The kind of the file that is mapped at an address; nil where none is.
  package func fileKind(at address: UInt64) -> MemoryKind? {
    fileIndex(at: address).map { labels[$0].kind }
  }

  private func fileIndex(at address: UInt64) -> Int? {
    let index = lastFile(at: address)
    guard let index, files[index].range.contains(address) else { return nil }
    return index
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
