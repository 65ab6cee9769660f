package import CoreIO
package import CoreModel
package import ELFCore

/// What can be had again of lost memory, and from what. Pure but for reading the core's memory and the files that it
/// names: nothing is written, and no surviving byte is changed.
package struct Rebuild: Sendable {
  /// By address, apart from one another and, but for pages that a file has whole, from every byte that survived.
  package private(set) var segments: [RebuiltSegment] = []
  /// What NT_FILE is to be; nil where it stays as it is.
  package private(set) var mappedFiles: [UInt8]?
  package private(set) var modules: [Module] = []
  /// Where the program lies, where that is known.
  package private(set) var program: UInt64?
  /// nil where nobody looked.
  package private(set) var debuggerFiles: DebuggerFiles?
  package private(set) var linkMap = LinkMapOutcome.notTried
  /// The segment of the vdso, if what is lost of it is to be kept without contents.
  package private(set) var keptVDSO: ProgramHeader?

  /// Nothing.
  package init() {}

  /// Nothing, of a core that a debugger is to open all the same.
  package init(nothingOf core: Core, _ files: inout ModuleFiles) {
    let list = try? ModuleList(core.structure, core.process, core.memory, &files)
    let absence = list.map {
      ProgramAbsence($0, core.process, NoteLoss(core))
    }
    debuggerFiles = DebuggerFiles(list, core.process, core.memory, absence, &files)
    // Nothing of files is used; but whoever opens the core has to know of those that are others.
    modules = list?.modules.filter(\.isAnother) ?? []
  }

  /// What verified files add to a whole core, so that it can be read where they are not.
  init(completing core: borrowing Core, _ files: inout ModuleFiles) throws(SalvageError) {
    let list = try ModuleList(core.structure, core.process, core.memory, &files)
    modules = list.modules.filter { list.knowsLibraries || $0.verdict.verification != .core }
    program = list.program?.base
    let absence = ProgramAbsence(list, core.process, NoteLoss(core))
    debuggerFiles = DebuggerFiles(list, core.process, core.memory, absence, &files)
    let fill = try FileFill(modules, core, pageSize: list.pageSize, withFiles: .all)
    var segments: [RebuiltSegment] = []
    for module in modules { segments += try fill.segments(of: module) }
    // What an earlier repair found lost may have been changed by the process, or it would not have been dumped.
    let lost = try KnownLosses(core)
    self.segments = segments.apart.filter { !lost.touch($0.range) }
  }

  /// The same, without what is put in.
  var withoutSegments: Rebuild {
    var rebuild = self
    rebuild.segments = []
    return rebuild
  }

  package init(
    _ core: borrowing Core, _ files: consuming ModuleFiles, _ options: RepairOptions
  ) throws(SalvageError) {
    var files = files
    guard options.rebuild == .all else {
      self.init(nothingOf: copy core, &files)
      return
    }
    self.init()
    let (structure, process, memory) = (core.structure, core.process, core.memory)
    let list = try ModuleList(structure, process, memory, &files)
    // A program that is known by its header page alone, without a name, is nothing to tell of.
    modules = list.modules.filter { list.knowsLibraries || $0.verdict.verification != .core }
    program = list.program?.base
    let absence = ProgramAbsence(list, process, NoteLoss(core))
    let linkMap = try LinkMapRebuild(list, process, memory, absence)
    self.linkMap = linkMap.outcome
    debuggerFiles = DebuggerFiles(
      list, process, memory, absence, isListOurs: !linkMap.segments.isEmpty, &files)
    let fill = try FileFill(
      modules, core, pageSize: list.pageSize, withFiles: options.withFiles)
    var segments = linkMap.segments
    for module in modules { segments += try fill.segments(of: module) }
    segments += try PythonFrameEnds(core, modules).segments
    self.segments = segments.apart
    if !options.keepMappings {
      mappedFiles =
        ReducedMappings(
          process.listedFiles, memory, pageSize: list.pageSize,
          wasRepaired: structure.wasRepaired, unnamed: structure.unnamed.addresses
        ).mappings?
        .descriptor(in: structure.format)
    }
    keptVDSO = Self.keptVDSO(process, memory, self.segments)
  }

  /// The same for a core of which memory is left out: no file is named for what of it is gone, but for what is known to be its
  /// own, by the beginnings of such mappings.
  package func leavingOut(in core: Core, but unchanged: Set<UInt64>) -> Rebuild {
    var rebuild = self
    let files = ReducedMappings(
      core.process.listedFiles, core.memory, pageSize: core.process.pageSize,
      wasRepaired: core.structure.wasRepaired, unnamed: core.structure.unnamed.addresses,
      unchanged: unchanged)
    rebuild.mappedFiles = files.mappings?.descriptor(in: core.structure.format) ?? mappedFiles
    return rebuild
  }

  /// lldb takes the size of a vdso that is gone from the gap up to the next segment, and aborts where that is
  /// terabytes away: its header then has to stay.
  private static func keptVDSO(
    _ process: ProcessSnapshot, _ memory: CoreMemory, _ rebuilt: [RebuiltSegment]
  ) -> ProgramHeader? {
    guard let vdso = process.auxiliaryVector?[.vdso], let segment = memory.segment(at: vdso),
      memory.has(.lost, in: segment.address..<segment.dumpedEnd)
    else { return nil }
    let end = segment.dumpedEnd
    let hasSurvivors =
      memory.segments.last.map {
        $0.memoryEnd > end && memory.has(.survived, in: end..<$0.memoryEnd)
      } ?? false
    // Other files' pages lie near.
    let next = rebuilt.first { $0.range.lowerBound >= end }
    return hasSurvivors || next?.source == .pythonFrame ? segment : nil
  }
}
