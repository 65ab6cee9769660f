internal import CLinux
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// One capture, from the kernel's request to the finished core. Each state has a time limit, whose end is that the process is
/// let go and the core keeps what it has.
final class CaptureRun {
  /// What came of it.
  enum Outcome {
    /// The store had enough of such crashes.
    case refused
    /// A core, and how much of the process's memory it lacks.
    ///
    /// - Parameter hadRoom: whether the disk, and what is kept free of it, had room for all.
    case captured(FilePath, lost: UInt64, hadRoom: Bool)
    /// The process was gone before its registers were read: what came is a cut core.
    case cut(FilePath)
    /// The process was gone before anything of its core came.
    case gone
    case failed(SalvageError)
  }

  let channel: CrashChannel
  let options: CaptureOptions
  let start: UInt64
  var record: CaptureRecord
  var core: GrowingCore?
  var process: ProcessFolder?
  var memory: ProcessMemory?
  var mappings: MappingList?
  private var pin: MemoryPin?
  private let store: CaptureStore
  private var standIn: StandIn.Pending?
  private let turns: CaptureTurns
  private let trace: SignalTrace?
  private var isUrgent = true
  /// When the process was seen to have ended, in microseconds since the start.
  private(set) var ended: UInt64?
  private var isReleased = false
  /// Whether the process ended before it was let go.
  private var wasKilled = false
  /// Whether it was asked already why it ended.
  private var isExplained = false
  private var hadRoom = true
  var lastPublished: UInt64 = 0
  var publishCost: UInt64 = 0
  let buffer = CaptureBuffer()

  /// How long nothing may come of the stream while it is read: 2,000 threads take the kernel half a second.
  private static let streamPatience: Int32 = 30_000

  /// Has its turn from the beginning.
  init(
    _ channel: CrashChannel, _ options: CaptureOptions, _ store: CaptureStore,
    _ turns: CaptureTurns, _ trace: SignalTrace?
  ) {
    start = monotonicMicroseconds()
    self.channel = channel
    self.options = options
    self.store = store
    self.turns = turns
    self.trace = trace
    record = CaptureRecord(
      way: channel.way, time: Moment.now.microseconds, processID: channel.processID)
    reach(.accepted)
  }

  deinit {
    if isUrgent { turns.endUrgent() }
    turns.end()
  }

  /// - Parameter accept: asks the kernel for the stream.
  /// - Parameter reject: asks for none.
  func run(accept: () -> Bool, reject: () -> Void) -> Outcome {
    // On a busy machine a millisecond of waiting is one in which a kill takes all.
    BackgroundThread.setNice(-10)
    process = ProcessFolder(channel.processID)
    memory = process.flatMap(ProcessMemory.init)
    if options.pinLimit > 0, let process, let memory {
      pin = MemoryPin(memory.descriptor, at: process.steadyAddresses)
      if pin != nil { reach(.pinned) } else { remark("its memory could not be pinned") }
    }
    if let process {
      ProcessFacts.fillIdentity(
        &record, from: process.descriptor, auxiliaryVector: process.auxiliaryVector)
    }
    record.hasChangedCredentials = record.hasChangedCredentials || channel.isForRoot
    guard store.admit(record) else {
      reject()
      return .refused
    }
    // Between our answer and the last of the notes a kill takes registers.
    standIn = process.map {
      StandIn.Pending($0, isContained: record.containedProcessID != nil)
    }
    guard accept() else {
      if seeWhetherEnded() { return gone() }
      return .failed(
        SalvageError(.io(.connectionReset, call: "talk to the kernel"), file: "core_pattern"))
    }
    do {
      return try capture()
    } catch let error as SalvageError {
      return .failed(error)
    } catch {
      return .failed(SalvageError(.io(.ioError, call: "capture"), file: "core_pattern"))
    }
  }

  // MARK: The states

  private func capture() throws -> Outcome {
    let start: HeadStart
    do throws(CoreHead.Failure) {
      start = try HeadStart(channel, patience: Self.streamPatience)
    } catch {
      guard error == .cut else { throw foreign }
      return gone()
    }
    // Once the process is killed and reaped, its mappings have no list any more, though they are still there.
    mappings = process.map(MappingList.init)
    if let process { ProcessFacts.fillRest(&record, from: process.descriptor) }
    store.makeRoom()
    let names = store.names(for: record)
    let file = try CaptureFile(names.unfinished)
    store.grantAccess(to: file.descriptor, for: record)
    let head: CoreHead
    do {
      head = try CoreHead(
        start, channel, into: file, named: names.unfinished, patience: Self.streamPatience,
        standIn: { self.standIn?.value ?? .nothing })
    } catch CoreHead.Failure.cut {
      return try keepCut(file, names)
    } catch CoreHead.Failure.foreign {
      throw foreign
    }
    noteHead(head.process)
    record.partialThreads = head.threadsStoodIn.map(UInt32.init)
    if record.partialThreads == nil { reach(.noted) }
    let core = try GrowingCore(
      file, head.structure, threads: head.process.threads.count,
      noteRoom: 64 << 10 + 2 * record.noteDescriptor.count, saveWhole: saveWhole(head))
    self.core = core
    reach(.born)
    try core.publish(record)
    try file.takeName(names.unfinished)
    if options.release == .early, mayReleaseEarly {
      release()
      reach(.released)
    }
    do throws(SalvageError) {
      try saveAll(head)
    } catch {
      guard error.isWantOfRoom else { throw error }
      hadRoom = false
      remark("there was no room for more of it")
      refuseRest(.noRoom)
    }
    return try end(core, names)
  }

  private var foreign: SalvageError {
    SalvageError(
      .notACore(expected: "a core as the kernel writes it", found: "something else"),
      file: channel.way == .pipe ? "standard input" : "core_pattern")
  }

  private func saveAll(_ head: CoreHead) throws(SalvageError) {
    try saveNear(head.process)
    reach(.near)
    try publish()
    try saveLinked(head)
    reach(.linked)
    try publish()
    endUrgency()
    turns.takeBulk {
      _ = seeWhetherEnded()
      releaseInTime()
    }
    defer { turns.giveBackBulk() }
    try confirmRoom()
    try saveSmall()
    reach(.small)
    try publish()
    try saveBulk()
    if memory == nil || isGone { try drain(head) }
  }

  private func end(_ core: GrowingCore, _ names: CaptureName) throws(SalvageError) -> Outcome {
    if isPastTime { remark("the time was up for which its memory may be kept") }
    if !isReleased {
      release()
      reach(.released)
    }
    pin = nil
    noteKill()
    reach(.done)
    try core.finish(record, .gone)
    let lost = core.lost(.gone).total(\.length)
    guard fsync(core.file.descriptor.rawValue) == 0 else { throw core.file.failure("sync") }
    try OutputFile.rename(names.unfinished, to: names.finished, replacing: false)
    OutputFile.syncFolder(of: names.finished)
    store.finished(names.finished, record)
    return .captured(names.finished, lost: lost, hadRoom: hadRoom)
  }

  /// Nothing came before the process was gone.
  private func gone() -> Outcome {
    noteEnd()
    return .gone
  }

  /// The kernel ends a dump a moment before the process.
  private func noteEnd() {
    for _ in 0..<100 where !seeWhetherEnded() { usleep(1000) }
    release()
    pin = nil
    noteKill()
  }

  /// What came before the process was gone: a core that is cut inside its head.
  private func keepCut(_ file: CaptureFile, _ names: CaptureName) throws(SalvageError) -> Outcome {
    noteEnd()
    guard fsync(file.descriptor.rawValue) == 0 else { throw file.failure("sync") }
    try file.takeName(names.unfinished)
    try OutputFile.rename(names.unfinished, to: names.finished, replacing: false)
    store.finished(names.finished, record)
    return .cut(names.finished)
  }

  /// What is saved whole though the kernel leaves it to the files: code and constants.
  private func saveWhole(_ head: CoreHead) -> (ProgramHeader) -> Bool {
    guard options.isComplete else { return { _ in false } }
    let names = MemoryNames(head.process, head.structure.programHeaders)
    return { segment in
      let kind = names.fileKind(at: segment.address)
      return !segment.flags.contains(.write) && (kind == .program || kind == .libraries)
    }
  }

  // MARK: The process

  private func noteHead(_ snapshot: ProcessSnapshot) {
    record.threadID = snapshot.threads.first?.id
    record.signal = snapshot.signal.map(UInt32.init)
    if record.name.isEmpty { record.name = snapshot.info?.name ?? [] }
  }

  private func reach(_ state: CaptureRecord.State) {
    record.steps.append(.init(state, now))
  }

  private func remark(_ words: String) {
    record.remark = record.remark.map { "\($0); \(words)" } ?? words
  }

  /// In microseconds since the start.
  var now: UInt64 { monotonicMicroseconds() - start }

  private func endUrgency() {
    guard isUrgent else { return }
    isUrgent = false
    turns.endUrgent()
    // It is beside what else wants to run, and not before it.
    BackgroundThread.setNice(0)
  }

  func yield() { turns.yieldBulk() }

  private func release() {
    guard !isReleased else { return }
    _ = seeWhetherEnded()
    wasKilled = ended != nil
    isReleased = true
    channel.release()
  }

  /// Whether the process has ended though we hold it: it was killed.
  func seeWhetherEnded() -> Bool {
    guard ended == nil, channel.hasEnded else { return ended != nil }
    ended = now
    // An OOM killer leaves little time.
    if !isReleased { noteKill() }
    return true
  }

  /// Lets the process go once its time is up. What is held of its memory is saved all the same.
  func releaseInTime() {
    guard !isReleased, pin != nil, isPastHold else { return }
    release()
    reach(.released)
  }

  private var isPastHold: Bool { now > options.holdLimit * 1_000_000 }

  /// Whether what there is must do.
  var isPastTime: Bool {
    guard let ended else { return pin == nil && isPastHold }
    return now - ended > options.pinLimit * 1_000_000
  }

  private func noteKill() {
    guard let ended, wasKilled || !isReleased, record.kill == nil, !isExplained else { return }
    isExplained = true
    guard let trace, trace.isAtWork else {
      record.kill = .init(kind: .unknown, microseconds: ended, senders: [])
      return
    }
    record.kill = trace.kill(
      of: record.processID, since: start * 1000, until: (start + ended) * 1000)
    if record.kill == nil {
      remark("its dump was broken off, and nobody killed it: a freezer or a debugger does that")
    }
  }

  /// Whether what is read now of a private mapping of a file may be the file's bytes in place of the process's own: the OOM
  /// killer's reaper takes those, some two seconds after the kill.
  var isReaped: Bool {
    guard let ended, record.kill?.kind == .oom else { return false }
    return now - ended > 1_500_000
  }

  /// Whether there is memory for the process's next start while this one's is saved.
  private var mayReleaseEarly: Bool {
    guard pin != nil, let process else { return false }
    return MemoryRoom.holds(process.residentSize, cgroup: record.cgroup)
  }

  /// Throws where the store is as full as it may be. What is urgent is not asked: it is small, and all that a full disk has
  /// room for.
  func confirmRoom() throws(SalvageError) {
    guard store.roomLeft() > 0 else {
      throw SalvageError(.io(.noSpace, call: "keep"), file: store.folder)
    }
  }

  func publish() throws(SalvageError) {
    guard let core else { return }
    let before = now
    try core.publish(record)
    lastPublished = now
    publishCost = lastPublished - before
  }

  /// The memory was gone while it was read.
  var isGone = false
}

extension SalvageError {
  /// Whether there was no room for what was to be written.
  var isWantOfRoom: Bool {
    guard case .io(let reason, _) = kind else { return false }
    return [.noSpace, .diskQuotaExceeded, .fileTooLarge].contains(reason)
  }
}
