public import CoreIO
public import CoreModel
public import ELFCore
public import SystemPackage

/// What a core is, how much of it survived, and what was lost: for people as text, for programs as JSON.
public struct RepairReport: Hashable, Sendable {
  /// One thread by its NT_PRSTATUS.
  public struct Thread: Hashable, Sendable {
    /// Its number (`pid` of its `NT_PRSTATUS`).
    public let id: UInt32
    /// Where it was; nil on a machine whose registers we don't know.
    public let programCounter: UInt64?
    /// Where its stack was; nil on a machine whose registers we don't know.
    public let stackPointer: UInt64?
  }

  /// A program or library, and how it was made sure that the file here is the one that the process had mapped.
  public struct Module: Hashable, Sendable {
    /// As the kernel named it, raw.
    public let path: [UInt8]
    /// Where its first mapping begins.
    public let base: UInt64
    /// How far it lies from where it was linked for; nil where its headers are lost.
    public let bias: UInt64?
    /// How the file that stands for it was made sure of.
    public let verdict: ModuleVerdict
  }

  /// A lost range and what it was, in words.
  public struct Loss: Hashable, Sendable {
    /// Where it was, and why it is lost.
    public let range: LostRange
    /// What it was: a stack, the data of a library. Safe to print.
    public let what: String
  }

  /// What lost ranges were.
  package struct LossKind: Hashable, Sendable {
    package let name: MemoryName
    /// nil for what is no memory: notes, the table.
    package let memory: MemoryKind?

    package var what: String { name.description }

    /// By the name alone, which nearly always tells them apart.
    package func hash(into hasher: inout Hasher) {
      switch name {
      case .words(let words): hasher.combine(words)
      case .stack(let thread): hasher.combine(thread)
      }
    }

    package var isStack: Bool { memory == .mainStack || memory == .threadStacks }
  }

  /// The core, or a name like `standard input`.
  public let input: FilePath
  /// What it ran on.
  public let machine: Machine
  /// What people call the machine, with its width and byte order; nil for one that we don't know.
  public let machineName: String?
  /// The program's path as the kernel named it, raw; only its short name where the list of mapped files is lost.
  public let program: [UInt8]?
  /// The files that a debugger wants beside the core; nil where nobody looked for them.
  public let debuggerFiles: DebuggerFiles?
  /// The process's arguments, raw, as far as its note has them: 79 bytes on Linux.
  public let commandLine: [UInt8]?
  /// The process's number; nil where that note is lost.
  public let processID: UInt32?
  /// The one that ended the process; nil where that is lost.
  public let signal: Signal?
  /// The threads whose registers survived, the one that crashed first if that one's did.
  public let threads: [Thread]
  /// Whether the first of ``threads`` is the one that the core began with; the note of each names the signal.
  package let isFirstThreadKnown: Bool
  /// In bytes.
  public let sizeFound: UInt64
  /// In bytes; nil where the headers name a size that no file can have.
  public let sizeDue: UInt64?
  /// Whether every byte is there, and nothing proves that one is not what the process had.
  public var isWhole: Bool { verdict.isWhole }
  /// Whether it is whole, and what speaks against it.
  public let verdict: CoreVerdict
  /// Whether it is itself the output of a repair.
  public let isRepaired: Bool
  /// How it was dumped, where coresalvage captured it; nil for every other core.
  public let capture: CaptureRecord?
  /// Whether coresalvage captured it, however much can be told of that.
  public let isCaptured: Bool
  /// Whether it is a slim core, which has what was asked for and no more.
  public let isSlim: Bool
  /// Bytes of memory that the dump had, and those of them that survived.
  public let memory: ByteTotal
  /// Segments of memory with bytes in the file: whole, in part, lost.
  public let segmentsWhole: Int
  /// Those of which a part survived.
  public let segmentsPartial: Int
  /// Those of which nothing did.
  public let segmentsLost: Int
  /// How many bytes of the notes, and of the program header table, are lost.
  public let notesLost: UInt64
  /// How many bytes of the program header table are lost, but for those that were made anew.
  public let tableLost: UInt64
  /// How many bytes lie in the file between those that program headers name, where one is lost: they are counted as lost memory,
  /// and in no range, for nothing tells their addresses.
  package let unnamedLost: UInt64
  /// What is in the output that was not in the dump, by address.
  public let rebuilt: [RebuiltRange]
  /// The programs and libraries that the process had mapped, by address; empty where nothing was to be rebuilt.
  public let modules: [Module]
  /// What became of the dynamic linker's list of libraries.
  public let linkMap: LinkMapOutcome
  /// Whether NT_FILE no longer names files for data that is lost.
  public let mappingsReduced: Bool
  /// How the input came, and what that tells of it.
  public internal(set) var wayIn: WayIn
  /// Whether the notes were found without a PT_NOTE that names them.
  public let notesAreFound: Bool
  /// Whether notes that are lost were found where they stood before an earlier repair.
  public let notesAreMerged: Bool
  /// Who wrote the core.
  public let writer: CoreWriter
  /// How many threads stand in notes of another system than Linux, which are carried through unread.
  public let foreignThreads: Int
  /// Why the input could not be read to its end, for a reason of the system; nil where it could. What came is no less right.
  public var readFailure: SalvageError? { wayIn.readFailure(of: input, at: sizeFound) }

  /// What became of the wish for a whole core with the memory of its files; nil for a core that is not whole, or nobody wished.
  public let completion: Completion?
  /// Options that change nothing of this core, as a user gives them.
  public var withoutEffect: [String] { idle.map(\.words) }
  package let idle: [IdleOption]
  /// Whether the output is the input as it is.
  public var isCopied: Bool { isWhole && completion != .added && slim == nil }
  /// When the process died, as far as anything tells.
  public let died: DeathTime?
  /// Whether it is whole, and an earlier run has added memory of its files.
  public let isCompleted: Bool

  /// Every lost range, in file order.
  public var lost: [Loss] { lostRanges.indices.map(loss(at:)) }

  /// One of them: all at once take twice the room.
  package func loss(at index: Int) -> Loss {
    Loss(range: lostRanges[index], what: kinds[Int(lostKinds[index])].what)
  }

  /// A core can lose a million ranges: each is kept once, and its words as a number.
  package let lostRanges: [LostRange]
  package let lostKinds: [UInt32]
  package let kinds: [LossKind]

  /// Which notes may be lost, and which were never written.
  package let noteLoss: NoteLoss

  /// What a slim core of it keeps; nil where nothing is left out.
  public let slim: SlimSummary?

  init(
    _ core: Core, _ rebuild: Rebuild, _ segments: Segments,
    _ slim: (slimming: Slimming, plan: Plan)? = nil, _ completion: Completion? = nil,
    idle: [IdleOption] = []
  ) {
    self.completion = completion
    self.idle = (slim?.slimming.rangesOfNothing ?? []) + idle
    died = core.died
    isCompleted = core.isCompleted
    let (structure, process) = (core.structure, core.process)
    input = core.source.path
    wayIn = core.wayIn
    notesAreFound = structure.notesAreFound
    notesAreMerged = structure.notesAreMerged
    writer = process.writer
    foreignThreads = writer.foreignThreads(in: structure.notes)
    noteLoss = NoteLoss(core)
    machine = structure.header.machine
    machineName = machine.name(in: structure.format, flags: structure.header.flags)
    program = process.programPath
    debuggerFiles = rebuild.debuggerFiles
    commandLine = process.commandLine
    processID = process.processID
    let meanings = SignalNumbers(machine, writer)
    signal = process.signal.map { Signal($0, meanings) }
    threads = process.threads.map {
      Thread(id: $0.id, programCounter: $0.programCounter, stackPointer: $0.stackPointer)
    }
    isFirstThreadKnown = process.isFirstKnown
    sizeFound = structure.sizeFound
    sizeDue = structure.sizeDue
    verdict = core.verdict
    isRepaired = structure.notesAreMerged || structure.isRepaired
    capture = core.capture?.record
    isCaptured = core.capture != nil
    memory = segments.memory
    var position = MemoryNames.Position()
    self.slim = slim.map { slimming, plan in
      SlimSummary(slimming, plan, survived: segments.memory.survived) {
        Self.kind($0, structure.table, core.names, &position)
      }
    }
    isSlim = structure.isSlim
    segmentsWhole = segments.whole
    segmentsPartial = segments.partial
    segmentsLost = segments.gone
    rebuilt = RebuiltNote(structure, rebuild.segments).ranges
    modules = rebuild.modules.map { module in
      Module(
        path: module.path, base: module.base, bias: module.headers.map { _ in module.bias },
        verdict: module.verdict)
    }
    linkMap = rebuild.linkMap
    mappingsReduced = rebuild.mappedFiles != nil
    // Each thread's stack is a kind of its own.
    var kinds: [LossKind] = []
    var numbers: [LossKind: UInt32] = [:]
    numbers.reserveCapacity(min(segments.lost.count, threads.count + 64))
    // One after another they are mostly alike.
    var last: (kind: LossKind, number: UInt32)?
    lostRanges = segments.lost
    lostKinds = segments.lost.map { range in
      let kind = Self.kind(range, structure.table, core.names, &position)
      if let last, last.kind == kind { return last.number }
      let next = UInt32(kinds.count)
      let number = numbers[kind, default: next]
      if number == next {
        numbers[kind] = next
        kinds.append(kind)
      }
      last = (kind, number)
      return number
    }
    self.kinds = kinds
    tableLost = Self.lostBytes(lostRanges) { $0.headerIndex == nil && $0.state != .rebuilt }
    unnamedLost = structure.unnamed.bytes.total(\.length)
    notesLost = Self.lostBytes(lostRanges) { range in
      range.headerIndex.flatMap { structure.table[number: $0] }?.kind == .note
    }
  }

  private static func kind(
    _ range: LostRange, _ table: HeaderTable, _ names: MemoryNames,
    _ position: inout MemoryNames.Position
  ) -> LossKind {
    guard let index = range.headerIndex else {
      let words =
        range.state == .rebuilt
        ? "program headers, which were made anew" : "the program header table"
      return LossKind(name: .words(words), memory: nil)
    }
    guard let header = table[number: index], header.kind != .note else {
      return LossKind(name: .words("the notes"), memory: nil)
    }
    let end = range.address.addingReportingOverflow(range.length)
    let label = names.label(
      of: range.address..<(end.overflow ? .max : end.partialValue),
      segment: header.address..<max(header.address, header.addressEnd), flags: header.flags,
      near: &position)
    return LossKind(name: label.name, memory: label.kind)
  }

  private static func lostBytes(_ lost: [LostRange], where isMeant: (LostRange) -> Bool) -> UInt64 {
    lost.lazy.filter(isMeant).total(\.length)
  }
}

extension RepairReport.Thread {
  package var json: JSONValue {
    .members([
      "tid": .number(UInt64(id)),
      "pc": programCounter.map(JSONValue.address) ?? .null,
      "sp": stackPointer.map(JSONValue.address) ?? .null,
    ])
  }
}
