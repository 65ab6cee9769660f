internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Which addresses of a core are kept in a slim one.
struct SlimSelection {
  /// What is kept of what was asked for.
  struct Choice {
    /// Bytes of the dump, and nothing else.
    let kept: AddressRanges
    /// Whether there was no room for some of it.
    let isCutShort: Bool
    /// What is in use of stacks; nil where they were not asked for.
    let stacks: StackMemory?
  }

  private let memory: CoreMemory
  private let essential: AddressRanges
  /// In the order in which they are given room; some lie over others.
  private var wanted: [Range<UInt64>] = []
  private let dropped: AddressRanges
  private let stacks: StackMemory?

  /// What a range of its own costs besides its bytes, at most: a program header, an entry of the LOST note for what is left out
  /// behind it, and what brings it to its place.
  static let cost: UInt64 = 112
  /// What of each stack comes first, where not all of them have room.
  private static let near: UInt64 = 16 << 10

  init(
    _ core: Core, _ files: consuming ModuleFiles, _ options: SlimOptions
  ) throws(SalvageError) {
    memory = core.memory
    self.stacks = try Self.stacks(core, options)
    let stacks = self.stacks?.kept ?? []
    let essential = AddressRanges(try EssentialMemory(core, files).ranges)
    self.essential = essential
    dropped = AddressRanges(options.droppedRanges).subtracting(essential)
    wanted += options.keptRanges
    wanted += stacks.map { $0.lowerBound..<min($0.upperBound, $0.lowerBound +| Self.near) }
    wanted += stacks.map { min($0.upperBound, $0.lowerBound +| Self.near)..<$0.upperBound }
    let kinds = SegmentKinds(core)
    wanted += GeneratedCode(core, from: stacks, kinds).pages
    if options.depth > 0 {
      // Stacks are there already, as far as they are wanted; what holds no pointers' targets of a process's own is code.
      wanted +=
        ReachedMemory(
          from: stacks, depth: options.depth, budget: options.mostBytes ?? .max, memory
        ) {
          [.heap, .anonymous, .globals, .shared].contains(kinds.kind(of: $0))
        }.pages
    }
    for segment in memory.segments where segment.fileSize > 0 {
      guard kinds.kind(of: segment) != .stacks, kinds.isKept(segment, of: options.kinds) else {
        continue
      }
      wanted.append(segment.address..<segment.dumpedEnd)
    }
  }

  private static func stacks(
    _ core: Core, _ options: SlimOptions
  ) throws(SalvageError) -> StackMemory? {
    guard options.kinds.contains(.stacks) else { return nil }
    let stacks = StackMemory(
      core, withEnvironment: options.kinds.contains(.environment),
      isLimited: !options.keepsWholeStacks)
    guard let stacks else {
      throw SalvageError(
        .badOutput(
          reason:
            "where the environment begins on the main stack is not known; --keep environment keeps it, --drop stacks leaves all of them out"
        ),
        file: core.source.path)
    }
    return stacks
  }

  /// All of it.
  var all: Choice {
    let ranges = AddressRanges(essential.ranges + wanted).ranges
    return choice(ranges.flatMap { memory.parts(of: $0, [.survived], most: .max) }, false)
  }

  /// What debuggers can't do without, and of the rest what has room in so many bytes, each range counted with its cost. What
  /// lies over others is counted again: there may be room for more.
  func taking(_ room: UInt64) -> Choice {
    var parts = essential.ranges.flatMap { memory.parts(of: $0, [.survived], most: .max) }
    var left = room
    for range in wanted where !range.isEmpty {
      for part in memory.parts(of: range, [.survived], most: Int(clamping: left / Self.cost) + 1) {
        guard left > Self.cost else { return choice(parts, true) }
        let end = min(part.upperBound, part.lowerBound +| (left - Self.cost))
        parts.append(part.lowerBound..<end)
        guard end == part.upperBound else { return choice(parts, true) }
        left -= Self.cost + (end - part.lowerBound)
      }
    }
    return choice(parts, false)
  }

  private func choice(_ parts: [Range<UInt64>], _ isCutShort: Bool) -> Choice {
    Choice(
      kept: AddressRanges(parts).subtracting(dropped), isCutShort: isCutShort, stacks: stacks)
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
