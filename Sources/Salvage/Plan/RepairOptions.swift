public import CoreIO
public import CoreModel
public import SystemPackage

/// How a core is repaired. The defaults are the honest ones.
public struct RepairOptions: Hashable, Sendable {
  /// What stands in the file where lost bytes were.
  public enum Extend: String, Hashable, Sendable, CaseIterable {
    /// A hole, so that every offset of the whole core keeps its place.
    case due
    /// Nothing: the file goes on right after what survived.
    case none
  }

  /// What becomes of the program headers of lost memory.
  public enum LostMemory: String, Hashable, Sendable, CaseIterable {
    /// They are dropped: no reader shows a byte that was not saved.
    case drop
    /// They stay with `p_filesz` 0: some readers, gdb among them, show zeros.
    case zero
    /// They stay as they were over the hole: every reader shows zeros.
    case pad
  }

  /// When the output shares its data with the input.
  public enum Reflink: String, Hashable, Sendable, CaseIterable {
    /// Where the file system can, unless `sparse` asks for other holes than the input's.
    case auto
    /// Always: it is an error where the file system can't.
    case always
    /// Never: the output has its own data.
    case never
  }

  /// What is made anew of what is lost.
  public enum Rebuild: String, Hashable, Sendable, CaseIterable {
    /// All that can be had again.
    case all
    /// Nothing: the new core has the dump's bytes alone.
    case none
  }

  /// What is put in from verified files.
  public enum WithFiles: String, Hashable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// The header pages that were lost, and the first page of each other read-only part that the dump had.
    case headers
    /// Those, and all that was mapped read-only and not dumped, or that was dumped although it was the file's.
    case all
  }

  /// What is made anew of what is lost.
  public var rebuild = Rebuild.all
  /// What is put in from the files that the process had mapped.
  public var withFiles = WithFiles.headers
  /// Whether NT_FILE goes on naming files for data that is lost.
  public var keepMappings = false
  /// Folders that stand for the root of the core's machine; none for this one.
  public var sysroots: [FilePath] = []
  /// The program's file, whatever the core calls it.
  public var program: FilePath?
  /// What stands in the file where lost bytes were.
  public var extend = Extend.due
  /// What becomes of the program headers of lost memory.
  public var lostMemory = LostMemory.drop
  /// When stretches of zeros become holes.
  public var sparse = Sparseness.auto
  /// When the output shares its data with the input.
  public var reflink = Reflink.auto
  /// Whether an output that exists is replaced.
  public var force = false
  /// What a slim core keeps; nil where nothing is to be left out.
  public var slim: SlimOptions?
  /// What is known of the input.
  public var intake = IntakeOptions()

  /// Whether a whole core gets what its files have, too.
  package var completesWhole: Bool { rebuild == .all && withFiles == .all }

  /// Those that change nothing of a core, but for a slim one's.
  func idle(of core: Core) -> [IdleOption] {
    // What is lost behind the file's end is lost without being named.
    let end = max(core.structure.sizeFound, core.structure.sizeDue ?? .max)
    let beyond = intake.lostRanges.filter { $0.lowerBound >= end }
      .map { IdleOption("--lost-range \($0.lowerBound):\($0.length)", .beyondEnd) }
    guard core.verdict.isWhole, slim == nil else { return beyond }
    return idleOnWhole.map { IdleOption($0, .isWhole) } + beyond
  }

  private var idleOnWhole: [String] {
    var names: [String] = []
    if lostMemory != .drop { names.append("--lost \(lostMemory.rawValue)") }
    if rebuild != .all { names.append("--rebuild \(rebuild.rawValue)") }
    if withFiles == .none { names.append("--with-files \(withFiles.rawValue)") }
    if keepMappings { names.append("--keep-mappings") }
    return names
  }

  /// What shows no lost byte, and rebuilds what a debugger needs.
  public init() {}
}
