internal import CoreIO
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One run of a batch: workers that take files from the queue until there are no more.
final class BatchRun: Sendable {
  private let batch: Batch
  private let teller: BatchTeller
  private let claims: FileClaims
  private let queue: Mutex<FileQueue>
  private let backlog: SyncBacklog
  private let outOfSpace = Atomic<Bool>(false)
  /// Whether the batch's task is cancelled, and whether a worker has stopped for it.
  private let isCancelled: @Sendable () -> Bool
  private let cancelled = Atomic<Bool>(false)
  /// Workers that have begun and not ended, and whether the first one has ended.
  private let running = Atomic<Int>(0)
  private let isEnding = Atomic<Bool>(false)

  init(
    _ batch: Batch, _ teller: BatchTeller, isCancelled: @escaping @Sendable () -> Bool
  ) throws(SalvageError) {
    self.isCancelled = isCancelled
    self.batch = batch
    self.teller = teller
    claims = try FileClaims(in: batch.home)
    queue = Mutex(FileQueue(batch.walk))
    backlog = SyncBacklog(most: max(1, batch.options.jobs))
  }

  var isOutOfSpace: Bool { outOfSpace.load(ordering: .relaxed) }
  /// Whether it ended before its end, for its task is cancelled.
  var isStopped: Bool { cancelled.load(ordering: .relaxed) }

  /// Runs the workers, and keeps time beside them.
  func perform() {
    let jobs = max(1, batch.options.jobs)
    claims.clean(batch.home)
    Workers.run(jobs + 2) { index in
      // The system may refuse threads: the calling one works, and the last ones can be done without.
      if index == jobs {
        return self.backlog.serve { group in
          var group = group
          self.publish(&group)
        }
      }
      if index > jobs { return self.keepTime() }
      self.running.add(1, ordering: .relaxed)
      self.work(index)
      // Whoever ends last sees that the first one has ended.
      if index == 0 { self.isEnding.store(true, ordering: .releasing) }
      let others = self.running.subtract(1, ordering: .acquiringAndReleasing).newValue
      if others == 0, self.isEnding.load(ordering: .acquiring) { self.backlog.close() }
    }
    claims.cleanShared(and: batch.home)
  }

  private var isRunning: Bool {
    !isEnding.load(ordering: .acquiring) || running.load(ordering: .acquiring) > 0
  }

  private func keepTime() {
    var refreshed = monotonicSeconds()
    while isRunning {
      usleep(20_000)
      let now = monotonicSeconds()
      if now - refreshed >= FileClaims.refreshSeconds {
        claims.refresh()
        refreshed = now
      }
      teller.tell(.ticked(waitingForOthers: queue.withLock { $0.waiting }))
    }
  }

  // MARK: Workers

  private func work(_ worker: Int) {
    var group = SyncGroup(largestCount: Self.groupSize(batch.options.jobs))
    while true {
      if isCancelled() { stop() }
      switch queue.withLock({ $0.next() }) {
      case .find(let find): take(find, worker, &group)
      case .wait:
        // Nobody is to wait for us while we wait for them.
        publish(&group)
        usleep(50_000)
      case .end:
        publish(&group)
        return
      }
      if group.isDue, !backlog.accept(&group) { publish(&group) }
    }
  }

  /// How many outputs wait for their sync together, at the most: each is an open file.
  private static func groupSize(_ jobs: Int) -> Int {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // A group in the making and one in the backlog for each worker, and one on its way to the disk.
    let open = min(max(Int(clamping: limit.rlim_cur), 256), 1 << 20) - 192
    return min(max(1, open / (2 * jobs + 1)), 64)
  }

  private func take(_ find: FolderWalk.Find, _ worker: Int, _ group: inout SyncGroup) {
    switch find {
    case .failure(let error): finish(BatchRecord(error.file, error))
    case .other: finish(BatchRecord("", .special))
    case .file(let file):
      if let verdict = batch.verdict(on: file) { return finish(BatchRecord(file.path, verdict)) }
      do throws(SalvageError) {
        try take(file, worker, &group)
      } catch {
        let isOfInput = error.file == file.path
        if error.kind == .cancelled {
          stop()
        } else if isOfInput, case .io(.noSuchFileOrDirectory, _) = error.kind {
          finish(BatchRecord(file.path, .vanished))
        } else if isOfInput, case .io(.tooManySymbolicLinkLevels, _) = error.kind {
          // A link has taken the file's place since it was listed.
          finish(BatchRecord(file.path, .special))
        } else {
          finish(BatchRecord(file.path, error, isNamed: file.isNamed))
        }
      }
    }
  }

  private func take(
    _ file: FoundFile, _ worker: Int, _ group: inout SyncGroup
  ) throws(SalvageError) {
    guard let core = try CoreWork(file, batch.options, claims) else {
      if file.isNamed { try file.refuse() }
      return finish(BatchRecord(file.path, .other))
    }
    // What is written already is not to wait for a large one.
    if core.file.size > 64 << 20 { publish(&group) }
    teller.tell(.began(worker: worker, file.path, size: core.file.size))
    defer { teller.tell(.written(worker: worker)) }
    let result = try core.run(
      in: { () throws(SalvageError) in try self.place(of: file.folder) },
      progress: progress(worker, core))
    switch result {
    case .done(let record): finish(record)
    case .written(let item): group.add(item)
    case .busy:
      queue.withLock { $0.putBack(file) }
      return
    }
    queue.withLock { $0.isDone(file) }
  }

  /// Nobody needs to know how far a small core has come.
  private func progress(
    _ worker: Int, _ core: CoreWork
  ) -> WorkProgress.Observer? {
    guard core.file.size >= 1 << 20 else { return nil }
    return { [teller, isCancelled] state in
      guard !isCancelled() else { throw CancellationError() }
      teller.tell(.advanced(worker: worker, state))
    }
  }

  /// The folder that a folder's outputs go into: made if need be, and freed of what killed runs have left.
  private func place(of folder: WalkedFolder) throws(SalvageError) -> FilePath {
    if let path = folder.place.withLock({ $0 }) { return path }
    let path = try batch.options.output.map { root throws(SalvageError) in
      try OutputFolder.make(
        folder.relativePath, below: root, like: FileAccess(of: folder), sparing: batch.inputs)
    }
    let place = path ?? folder.path
    if place != batch.home { claims.clean(place) }
    folder.place.withLock { $0 = place }
    return place
  }

  private func publish(_ group: inout SyncGroup) {
    for record in group.publish(claims) { finish(record) }
  }

  /// What others are at work on stops when they look next.
  private func stop() {
    cancelled.store(true, ordering: .relaxed)
    queue.withLock { $0.stop() }
  }

  private func finish(_ record: BatchRecord) {
    if record.outcome == .unfinished {
      outOfSpace.store(true, ordering: .relaxed)
      queue.withLock { $0.stop() }
    }
    teller.tell(.finished(record))
  }
}
