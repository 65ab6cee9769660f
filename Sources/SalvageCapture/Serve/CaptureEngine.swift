internal import CoreIO
internal import CoreModel
internal import SystemPackage

/// What all ways in share: the store, whose turn it is, and who sends signals.
final class CaptureEngine: Sendable {
  private let store: CaptureStore
  private let options: CaptureOptions
  private let turns = CaptureTurns()
  private let trace: SignalTrace?
  /// Why nobody can tell who sends a kill, in words; nil where that is told.
  let senderObstacle: String?
  private let log: @Sendable (CaptureEvent) -> Void

  init(
    _ store: CaptureStore, _ options: CaptureOptions,
    _ log: @escaping @Sendable (CaptureEvent) -> Void
  ) {
    self.store = store
    self.options = options
    self.log = log
    var reason: String?
    trace = SignalTrace { reason = $0 }
    senderObstacle = reason
  }

  /// Waits until it is seen who sends signals, where that can be had; not for long.
  func waitUntilSendersAreSeen() { trace?.waitUntilReady() }

  /// Serves one connection in a thread of its own.
  func take(socket: FileDescriptor) {
    turns.begin()
    let isStarted = BackgroundThread.start {
      guard let request = SocketRequest(socket) else {
        self.turns.endUrgent()
        self.turns.end()
        return
      }
      self.run(request.channel, accept: request.accept, reject: request.reject)
    }
    guard isStarted else {
      turns.endUrgent()
      turns.end()
      try? socket.close()
      return
    }
  }

  /// Serves a crash that the kernel has started us for.
  func take(pipe channel: CrashChannel) -> CaptureEvent {
    turns.begin()
    return run(channel, accept: { true }, reject: {})
  }

  @discardableResult
  private func run(
    _ channel: CrashChannel, accept: () -> Bool, reject: () -> Void
  ) -> CaptureEvent {
    let run = CaptureRun(channel, options, store, turns, trace)
    let outcome = run.run(accept: accept, reject: reject)
    channel.release()
    // What was written of it leaves room for a count.
    run.core = nil
    let result: CaptureEvent.Result
    switch outcome {
    case .refused: result = .refused
    case .captured(let path, let lost, let hadRoom):
      result = .captured(
        path, size: FileIdentity(at: path, followingLinks: false)?.size ?? 0, lost: lost,
        hadRoom: hadRoom)
    case .cut(let path): result = .cut(path)
    case .gone: result = .gone
    case .failed(let error):
      result =
        error.isWantOfRoom
        ? .noRoom(error, isCounted: store.countWithoutRoom(run.record)) : .failed(error)
    }
    let event = CaptureEvent(result: result, record: run.record)
    log(event)
    return event
  }

  /// Brings the cores to their end that a daemon before us has left unfinished.
  func finishLeftovers() {
    for path in store.unfinished() {
      do throws(SalvageError) {
        let (finished, record) = try UnfinishedCore.finish(path, in: store)
        log(CaptureEvent(result: .finished(finished), record: record))
      } catch {
        log(
          CaptureEvent(
            result: .left(error), record: CaptureRecord(way: .socket, time: 0, processID: 0)))
      }
    }
  }

  /// Waits for all that is under way.
  func drain() {
    turns.drain()
    store.drain()
    trace?.stop()
  }
}
