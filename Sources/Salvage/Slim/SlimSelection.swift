internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Which addresses of a core are kept in a slim one.
struct SlimSelection {
  /// Bytes of the dump, and nothing else.
  private(set) var kept = AddressRanges([])
  /// Whether there was more to keep than the size that was asked for has room for.
  private(set) var isCutShort = false

  private let memory: CoreMemory
  private let isBounded: Bool
  private var parts: [Range<UInt64>] = []
  private var left: UInt64

  /// What a range of its own costs besides its bytes: a program header, an entry of the LOST note for what is left out behind
  /// it, and what brings it to its place.
  private static let cost: UInt64 = 112
  /// What of each stack comes first, where not all of them have room.
  private static let near: UInt64 = 16 << 10

  /// - Parameter fixed: how many bytes the slim core has beside these.
  init(
    _ core: Core, _ files: consuming ModuleFiles, _ options: SlimOptions, fixed: UInt64
  ) throws(SalvageError) {
    memory = core.memory
    isBounded = options.mostBytes != nil
    left = (options.mostBytes ?? .max) -| fixed
    let dropped = AddressRanges(options.droppedRanges)
    let stacks = try Self.stacks(core, options)
    let essential = try EssentialMemory(core, files).ranges
    keep(essential)
    guard !isCutShort else {
      throw SalvageError(
        .badOutput(
          reason:
            "registers, notes and the list of libraries alone take \(ByteCount(fixed +| Self.size(of: essential))), more than --max-size"
        ),
        file: core.source.path)
    }
    keep(options.keptRanges)
    keep(stacks.map { $0.lowerBound..<min($0.upperBound, $0.lowerBound +| Self.near) })
    keep(stacks.map { min($0.upperBound, $0.lowerBound +| Self.near)..<$0.upperBound })
    let kinds = SegmentKinds(core)
    keep(GeneratedCode(core, from: stacks, kinds).pages)
    if options.depth > 0 {
      // Stacks are there already, as far as they are wanted; what holds no pointers' targets of a process's own is code.
      keep(
        ReachedMemory(from: stacks, depth: options.depth, budget: left, memory) {
          [.heap, .anonymous, .globals, .shared].contains(kinds.kind(of: $0))
        }.pages)
    }
    for segment in memory.segments where segment.fileSize > 0 {
      guard kinds.kind(of: segment) != .stacks, kinds.isKept(segment, of: options.kinds) else {
        continue
      }
      keep([segment.address..<segment.dumpedEnd])
    }
    kept = AddressRanges(parts)
      .subtracting(AddressRanges(dropped.subtracting(AddressRanges(essential)).ranges))
  }

  private static func stacks(
    _ core: Core, _ options: SlimOptions
  ) throws(SalvageError) -> [Range<UInt64>] {
    guard options.kinds.contains(.stacks) else { return [] }
    let withEnvironment = options.kinds.contains(.environment)
    guard let stacks = StackMemory(core, withEnvironment: withEnvironment) else {
      throw SalvageError(
        .badOutput(
          reason:
            "where the environment begins on the main stack is not known; --keep environment keeps it, --drop stacks leaves all of them out"
        ),
        file: core.source.path)
    }
    return stacks.stacks
  }

  private static func size(of ranges: [Range<UInt64>]) -> UInt64 {
    ranges.total { $0.length +| cost }
  }

  /// Takes what there is of ranges, as long as there is room. Where there is room for all, each address is looked at once.
  private mutating func keep(_ ranges: [Range<UInt64>]) {
    let ranges = isBounded ? ranges : AddressRanges(ranges).ranges
    for range in ranges where !range.isEmpty {
      let most = isBounded ? Int(clamping: left / Self.cost) + 1 : Int.max
      for part in memory.parts(of: range, [.survived], most: most) {
        guard left > Self.cost else {
          isCutShort = true
          return
        }
        let room = left - Self.cost
        let end = min(part.upperBound, part.lowerBound +| room)
        isCutShort = isCutShort || end < part.upperBound
        if end > part.lowerBound { parts.append(part.lowerBound..<end) }
        left = left -| (Self.cost +| (end - part.lowerBound))
      }
    }
  }
}

/// What segments are for, in the words of a selection.
struct SegmentKinds {
  private let names: MemoryNames
  private let memory: CoreMemory
  private let files: AddressRanges

  init(_ core: Core) {
    names = core.names
    memory = core.memory
    files = AddressRanges(core.process.mappedFiles?.entries.map(\.range) ?? [])
  }

  /// Whether what a segment may be is all to be kept: one that may be of two kinds is left out with either.
  func isKept(_ segment: ProgramHeader, of kinds: Set<SlimOptions.Kind>) -> Bool {
    guard let kind = kind(of: segment), kinds.contains(kind) else { return false }
    let range = segment.address..<max(segment.address, segment.memoryEnd)
    guard names.kind(of: range, segment: range, flags: segment.flags) == .heap,
      names.isBehindProgram(range, segment.flags)
    else { return true }
    return kinds.isSuperset(of: [.heap, .globals])
  }

  /// nil for what is kept at any rate.
  func kind(of segment: ProgramHeader) -> SlimOptions.Kind? {
    let range = segment.address..<max(segment.address, segment.memoryEnd)
    switch names.kind(of: range, segment: range, flags: segment.flags) {
    case .vdso: return nil
    case .mainStack, .threadStacks: return .stacks
    case .shared: return .shared
    case .files: return .files
    case .program, .libraries: return segment.flags.contains(.write) ? .globals : .code
    // The kernel puts the rest of a bss right behind the data of its file.
    case .heap: return isBehindFile(segment) ? .globals : .heap
    case .anonymous: return isBehindFile(segment) ? .globals : .anonymous
    }
  }

  private func isBehindFile(_ segment: ProgramHeader) -> Bool {
    segment.flags.contains(.write) && segment.address > 0
      && !files.parts(in: segment.address - 1..<segment.address).isEmpty
  }
}
