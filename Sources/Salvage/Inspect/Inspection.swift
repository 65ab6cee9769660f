public import CoreModel
public import SystemPackage

/// What a core is, what survives of it, which threads can still be read, and why it was cut.
///
///     let inspection = try Inspection(of: "in.core")
///     print(inspection)
public struct Inspection: Sendable {
  /// What surrounds the file and is no part of it.
  public struct Options: Hashable, Sendable {
    /// The status that the process's parent saw, as `waitpid` or a shell tells it.
    public var exitStatus: Int32?
    /// Whether files of this machine are compared with the core's modules, and read for the names of functions.
    public var readsLocalFiles = true
    /// Folders that stand for the root of the core's machine, whose files are looked at then; none for this one.
    public var sysroots: [FilePath] = []
    /// Whether it is told which files the process had mapped, which of them are here, and what is missing.
    public var listsNeeds = false
    /// Whether every block of an archive is checked, so that a whole core is known to be one.
    public var readsWholeArchive = false

    /// Whether no more is asked than what the core is and why it was cut: nothing of threads, modules and memory.
    public var asksCausesOnly = false
    /// Whether systemd's journal is asked for what it knows of the core.
    public var asksJournal = true

    /// What is known from the core, this machine's files and its journal.
    public init() {}
  }

  /// A thread: where it was, and whether a debugger can walk its stack.
  public struct Thread: Hashable, Sendable {
    /// Its number (`pid` of its `NT_PRSTATUS`).
    public let id: UInt32
    /// Its name, raw. The kernel keeps that of the main thread alone.
    public let name: [UInt8]?
    /// The signal that it got; 0 for none.
    public let signal: Signal
    /// Where it was; nil on a machine whose registers we don't know.
    public let programCounter: UInt64?
    /// Where its stack was; nil on a machine whose registers we don't know.
    public let stackPointer: UInt64?
    /// What its program counter lies in.
    public internal(set) var location: Location
    /// nil on a machine whose registers we don't know.
    public let stack: StackState?
  }

  /// What an address lies in.
  public struct Location: Hashable, Sendable {
    /// The index of the module.
    public internal(set) var module: Int?
    /// From the module's base.
    public internal(set) var offset: UInt64 = 0
    /// The function by the module's file on this machine, raw, and how far into it.
    public internal(set) var symbol: [UInt8]?
    /// How far into the function.
    public internal(set) var symbolOffset: UInt64 = 0
  }

  /// Memory of one kind, in bytes.
  public struct Tally: Hashable, Sendable {
    /// Which kind.
    public let kind: MemoryKind
    /// Bytes of it that were mapped.
    public internal(set) var mapped: UInt64 = 0
    /// Bytes that the dump had of it, and what became of them.
    public internal(set) var dumped = ByteTotal()
    /// Mapped, dumped, survived and lost, as tables have them.
    package var sizes: [UInt64] { [mapped, dumped.size, dumped.survived, dumped.lost] }
  }

  /// A segment of memory as it was mapped.
  public struct Mapping: Hashable, Sendable {
    /// Where it begins in memory.
    public let address: UInt64
    /// Bytes of it in memory (`p_memsz`).
    public let mapped: UInt64
    /// Bytes of it that the dump had (`p_filesz`).
    public let dumped: UInt64
    /// Those of them that are there.
    public let survived: UInt64
    /// Where it stands in the due file (`p_offset`).
    public let fileOffset: UInt64
    /// What was in it.
    public let kind: MemoryKind
  }

  /// Something that doesn't fit, which no length shows.
  public struct Finding: Hashable, Sendable {
    /// A sentence, safe to print.
    public let text: String
    /// Whether bytes that should be there are not what the process had.
    public let isDamage: Bool
  }

  /// What of the file the device could not give, as far as it was read.
  public internal(set) var unreadable: [Range<UInt64>] = []
  /// Sizes, losses and the process, as a repair reports them. Of a repaired core: as it was before.
  public internal(set) var report: RepairReport
  /// Whether this is a core that coresalvage repaired.
  public internal(set) var isRepaired = false
  /// What repaired it, by its note: `coresalvage` and the version. Safe to print.
  public internal(set) var repairedBy: String?
  /// Whether bytes of the repaired core have been lost since.
  public internal(set) var isHurtAgain = false
  /// Whether it is a repaired core of which, as it is now, nothing is damaged: what is told is of the time before.
  public internal(set) var isMended = false
  /// What the repair put in place of lost bytes.
  public internal(set) var rebuilt: [RebuiltRange] = []
  /// In bytes; 4096 where no note tells.
  public internal(set) var pageSize: UInt64 = 4096
  /// Whether a note tells the page size.
  public internal(set) var isPageSizeKnown = false
  /// Whose process it was; nil where that note is lost.
  public internal(set) var userID: UInt32?
  /// The signal that ended the process, why it came and where. Safe to print.
  public internal(set) var signalMeaning: String?
  /// Where the program header table lies in the file.
  public internal(set) var tableRange = 0..<UInt64(0)
  /// Where the notes lie in the file.
  public internal(set) var noteRanges: [Range<UInt64>] = []
  /// All whose registers survived, the one that crashed first if that one's did.
  public internal(set) var threads: [Thread] = []
  /// Only the kinds that the core has, in the order of `MemoryKind`.
  public internal(set) var memory: [Tally] = []
  /// By address.
  public internal(set) var mappings: [Mapping] = []
  /// By address.
  public internal(set) var modules: [Module] = []
  /// The surest first. None for a whole core.
  public internal(set) var causes: [CutCause] = []
  /// What the file alone can't tell apart. Safe to print.
  public internal(set) var doubt: String?
  /// By address; nil where they were not asked for.
  public internal(set) var needs: [ModuleNeed]?
  /// In the order in which they were looked for.
  public internal(set) var findings: [Finding] = []

  /// Whether every byte is there, and nothing speaks against what they hold.
  public var isWhole: Bool { report.isWhole }
  /// Whether it came in a bundle that is damaged behind it: nothing vouches for the core then.
  public var isInDamagedBundle: Bool { report.wayIn.isDamagedBehind }

  /// How it was dumped, where coresalvage captured it; nil for every other core.
  public var capture: CaptureRecord? { report.capture }

  /// The module that a location is in.
  public func module(of location: Location) -> Module? { location.module.map { modules[$0] } }
}
