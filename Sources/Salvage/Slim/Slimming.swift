internal import CoreIO
package import CoreModel
internal import ELFCore

/// A core of which only a selection is to be kept.
package struct Slimming: Sendable {
  /// The core without the rest.
  package let core: Core
  package let options: SlimOptions
  /// What of it goes into its SLIM note.
  let origin: Origin
  /// Whether NT_FILE stays as it is.
  let keepsMappings: Bool
  /// Mappings of which all that the dump had is what their files have, by their beginnings.
  let unchangedMappings: Set<UInt64>
  /// Whether there was more to keep than there is room for.
  package let isCutShort: Bool
  /// What is left out of stacks though it is in use.
  let stacksLeftOut: [SlimSummary.StackLeftOut]
  /// Threads of which it is not known where their stacks are.
  let unknownStacks: [UInt32]
  /// Ranges that were named in which the dump has no memory, as a user gives them: one digit too many may be secrets kept.
  package let rangesOfNothing: [IdleOption]

  /// nil where nothing is to be left out.
  ///
  /// - Parameter rebuild: what is made anew of what the core has lost: all of it is kept.
  package init?(
    _ core: Core, _ rebuild: Rebuild, _ files: consuming ModuleFiles, _ options: RepairOptions
  ) throws(SalvageError) {
    guard let slim = options.slim else { return nil }
    let selection = try SlimSelection(core, copy files, slim)
    guard let most = slim.mostBytes else {
      try self.init(core, selection.all, files, options, slim)
      return
    }
    try self.init(core, rebuild, selection, files, options, slim, most: most)
  }

  /// The one that keeps as much as a size has room for. How long it gets only its plan tells.
  private init(
    _ core: Core, _ rebuild: Rebuild, _ selection: SlimSelection, _ files: ModuleFiles,
    _ options: RepairOptions, _ slim: SlimOptions, most: UInt64
  ) throws(SalvageError) {
    try self.init(core, selection.taking(0), files, options, slim)
    var size = Plan(self, rebuild).size
    guard size <= most else {
      let least = try Self.leastSize(core, rebuild, selection, files, options, slim)
      throw SalvageError(
        .badOutput(
          reason:
            "registers, notes and the list of libraries alone take \(ByteCount(least)): --max-size \(least) is the least that has room for them"
        ),
        file: core.source.path)
    }
    var room = most - size
    for _ in 0..<Self.mostTries {
      let next = try Slimming(core, selection.taking(room), files, options, slim)
      let nextSize = Plan(next, rebuild).size
      guard nextSize <= most else {
        room = room -| (nextSize - most)
        continue
      }
      if nextSize >= size { (self, size) = (next, nextSize) }
      guard next.isCutShort, nextSize +| SlimSelection.cost < most else { break }
      room = room +| (most - nextSize)
    }
  }

  /// Each try comes nearer to the size, and takes as long as a plan.
  private static let mostTries = 8

  /// The least size that can be asked for. It stands in the core's note, and so is a part of itself.
  private static func leastSize(
    _ core: Core, _ rebuild: Rebuild, _ selection: SlimSelection, _ files: ModuleFiles,
    _ options: RepairOptions, _ slim: SlimOptions
  ) throws(SalvageError) -> UInt64 {
    var (options, slim) = (options, slim)
    var least: UInt64 = 0
    while true {
      slim.mostBytes = least
      options.slim = slim
      let size = Plan(
        try Slimming(core, selection.taking(0), files, options, slim), rebuild
      ).size
      guard size > least else { return least }
      least = size
    }
  }

  private init(
    _ core: Core, _ selection: SlimSelection.Choice, _ files: ModuleFiles,
    _ options: RepairOptions, _ slim: SlimOptions
  ) throws(SalvageError) {
    keepsMappings = options.keepMappings
    origin = Origin(core, options)
    let options = slim
    // What a segment has no bytes of is not left out.
    let loads = core.structure.programHeaders.filter { $0.kind == .load && $0.fileSize > 0 }
    var ranges: [Range<UInt64>] = []
    // Segments that are apart have no more gaps together.
    let mostGaps = loads.count + 2 * selection.kept.ranges.count
    for load in loads {
      guard ranges.count <= mostGaps else { throw Self.overlapping(core) }
      ranges += selection.kept.gaps(in: load.address..<load.dumpedEnd).compactMap { gap in
        let start = load.fileOffset.addingReportingOverflow(gap.lowerBound - load.address)
        guard !start.overflow else { return nil }
        return start.partialValue..<(start.partialValue +| gap.length)
      }
    }
    self.options = options
    isCutShort = selection.isCutShort
    stacksLeftOut = selection.stacks?.leftOut(selection.kept) ?? []
    unknownStacks = selection.stacks?.unknown ?? []
    let dumped = AddressRanges(loads.map { $0.address..<$0.dumpedEnd })
    rangesOfNothing = [
      ("--keep-range", options.keptRanges), ("--drop-range", options.droppedRanges),
    ]
    .flatMap { option, ranges in
      ranges.filter { dumped.parts(in: $0).isEmpty }
        .map {
          let range = "0x\(hexadecimal($0.lowerBound)):0x\(hexadecimal($0.length))"
          return IdleOption("\(option) \(range)", .noMemory)
        }
    }
    let slim = core.leavingOut(ranges)
    unchangedMappings =
      keepsMappings ? [] : try Self.unchangedMappings(core, leavingOut: slim, files)
    let size = loads.total { slim.damage.surviving(in: $0.fileOffset..<($0.fileEnd ?? .max)) }
    // Each would be written once for every address that it has.
    guard size <= core.source.size else { throw Self.overlapping(core) }
    self.core = slim
  }

  /// Debuggers go through code without unwind information by its instructions: gdb asks NT_FILE for the file that has them.
  private static func unchangedMappings(
    _ core: Core, leavingOut slim: Core, _ files: consuming ModuleFiles
  ) throws(SalvageError) -> Set<UInt64> {
    let pageSize = core.process.pageSize
    let hasCode = slim.memory.segments.contains { segment in
      segment.flags.contains(.execute) && !segment.flags.contains(.write)
        && segment.fileSize > pageSize
        && slim.memory.has(.lost, in: segment.address..<segment.dumpedEnd)
    }
    guard hasCode else { return [] }
    var files = files
    let list = try ModuleList(core.structure, core.process, core.memory, &files)
    let code = try DumpedCode(
      list.modules, core.memory, pageSize: pageSize, size: core.source.size)
    var result: Set<UInt64> = []
    for module in list.modules where module.file != nil {
      for mapping in module.mappings where module.isReadOnly(mapping, pageSize: pageSize) {
        if code.isUnchanged(mapping) { result.insert(mapping.range.lowerBound) }
      }
    }
    return result
  }

  private static func overlapping(_ core: Core) -> SalvageError {
    SalvageError(
      .beyondRepair(reason: "its segments lie over each other"), file: core.source.path)
  }
}

extension Plan {
  /// A core of what is kept, one part behind the other, with what is rebuilt of the rest.
  package init(_ slimming: Slimming, _ rebuild: Rebuild) {
    let core = slimming.core
    let structure = core.structure
    let format = structure.format
    extend = .none
    tailOffset = 0
    origin = slimming.origin
    let rebuild =
      slimming.keepsMappings
      ? rebuild : rebuild.leavingOut(in: core, but: slimming.unchangedMappings)
    segments = Segments(core, lostMemory: .drop)
    segments.add(rebuild)
    let count = segments.entries.count + 1
    let table = roundUp(UInt64(format.fileHeaderSize), to: 8)
    var run = PieceRun(at: roundUp(table + UInt64(count * format.programHeaderSize), to: 8))
    let notes = TailNotes(
      structure, segments, rebuild, record: (SalvageNote.slim, slimming.origin.json),
      doubts: core.untoldDoubts(rebuild), head: [], to: &run)
    segments.placeAll(rebuild.segments, in: &run)
    var header = structure.header
    header.programHeaderOffset = table
    header.sectionHeaderOffset = 0
    header.sectionHeaderCount = 0
    header.sectionNameIndex = 0
    Self.count(count, structure, core.damage, &header, &run)
    var headerBytes = structure.headerBytes
    header.patchSoleValues(in: &headerBytes)
    header.patchTables(in: &headerBytes)
    var tableBytes: [UInt8] = []
    tableBytes.reserveCapacity(count * format.programHeaderSize)
    for entry in [notes.segment] + segments.entries { entry.append(to: &tableBytes, in: format) }
    var head = PieceRun(at: 0)
    head.append(headerBytes)
    head.appendHole(to: table)
    head.append(tableBytes)
    head.appendHole(to: run.pieces.first?.offset ?? head.end)
    pieces = head.pieces + run.pieces
    size = run.end
  }
}

extension Segments {
  /// Puts the bytes of every entry behind one another.
  fileprivate mutating func placeAll(_ rebuiltSegments: [RebuiltSegment], in run: inout PieceRun) {
    let contents = Dictionary(
      zip(rebuilt, rebuiltSegments.map(\.content)), uniquingKeysWith: { first, _ in first })
    for index in entries.indices {
      // p_offset and p_vaddr are the same modulo p_align, as elf(5) wants it; pages would cost a page for each.
      let place = roundUp(run.end, to: Self.unit) + entries[index].address % Self.unit
      entries[index].alignment = Self.unit
      guard entries[index].fileSize > 0 else {
        // eu-stack takes a segment that lies before the one before it for the end of all there is to read.
        entries[index].fileOffset = place
        continue
      }
      run.appendHole(to: place)
      let source = entries[index].fileOffset..<entries[index].fileOffset + entries[index].fileSize
      entries[index].fileOffset = place
      switch contents[index] {
      case nil: run.append(input: source)
      case .bytes(let bytes): run.append(bytes)
      case .file(let file, let offset): run.append(file, offset..<offset + source.length)
      }
    }
  }

  private static let unit: UInt64 = 8
}
