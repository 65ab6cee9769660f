package import CoreIO
package import CoreModel
package import ELFCore

/// What can be had again of lost memory, and from what. Pure but for reading the core's memory and the files that it
/// names: nothing is written, and no surviving byte is changed.
package struct Rebuild: Sendable {
  /// By address, apart from one another and from every byte that survived.
  package private(set) var segments: [RebuiltSegment] = []
  /// What NT_FILE is to be; nil where it stays as it is.
  package private(set) var mappedFiles: [UInt8]?
  package private(set) var modules: [Module] = []
  /// Where the program lies, where that is known.
  package private(set) var program: UInt64?
  package private(set) var linkMap = LinkMapOutcome.notTried
  /// The segment of the vdso, if what is lost of it is to be kept without contents.
  package private(set) var keptVDSO: ProgramHeader?

  /// Nothing.
  package init() {}

  package init(
    _ core: Core, _ files: consuming ModuleFiles, _ options: RepairOptions
  ) throws(SalvageError) {
    guard options.rebuild == .all else { return }
    var files = files
    let (structure, process, memory) = (core.structure, core.process, core.memory)
    let list = try ModuleList(structure, process, memory, &files)
    modules = list.modules
    program = list.program?.base
    let absence = ProgramAbsence(list, process, NoteLoss(structure, core.damage))
    let linkMap = try LinkMapRebuild(list, process, memory, absence)
    self.linkMap = linkMap.outcome
    let fill = FileFill(memory: memory, pageSize: list.pageSize, withFiles: options.withFiles)
    var segments = linkMap.segments
    for module in modules { segments += try fill.segments(of: module) }
    self.segments = segments.apart
    if !options.keepMappings {
      mappedFiles =
        ReducedMappings(
          process.listedFiles, memory, pageSize: list.pageSize, wasRepaired: structure.wasRepaired
        ).mappings?
        .descriptor(in: structure.format)
    }
    keptVDSO = Self.keptVDSO(process, memory)
  }

  /// lldb takes the size of a vdso that is gone from the gap up to the next segment, and aborts where that is
  /// terabytes away: its header then has to stay.
  private static func keptVDSO(_ process: ProcessSnapshot, _ memory: CoreMemory)
    -> ProgramHeader?
  {
    guard let vdso = process.auxiliaryVector?[.vdso], let segment = memory.segment(at: vdso),
      memory.has(.lost, in: segment.address..<segment.dumpedEnd),
      let last = memory.segments.last, last.memoryEnd > segment.dumpedEnd,
      memory.has(.survived, in: segment.dumpedEnd..<last.memoryEnd)
    else { return nil }
    return segment
  }
}
