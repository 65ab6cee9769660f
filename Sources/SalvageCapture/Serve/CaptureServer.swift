internal import CLinux
internal import CoreIO
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Takes the kernel's crashes from a socket, each in a thread of its own.
public final class CaptureServer: Sendable {
  private let listener: FileDescriptor
  private let socket: FilePath
  private let engine: CaptureEngine
  private let stopping: (read: FileDescriptor, write: FileDescriptor)

  /// Listens at `socket`, for the kernel alone; cores go into `store`. Throws where somebody listens there already, or the
  /// store can't be used.
  public init(
    socket: FilePath, store: CaptureStore, options: CaptureOptions = CaptureOptions(),
    log: @escaping @Sendable (CaptureEvent) -> Void
  ) throws(SalvageError) {
    // A handler that is dumped waits for itself.
    _ = linux_forbid_own_core()
    self.socket = socket
    engine = CaptureEngine(store, options, log)
    let descriptor = unsafe socket.withPlatformString { unsafe linux_listen($0, Self.backlog) }
    guard descriptor >= 0 else {
      throw SalvageError(.io(Errno(rawValue: errno), call: "listen"), file: socket)
    }
    listener = FileDescriptor(rawValue: descriptor)
    do {
      let ends = try FileDescriptor.pipe()
      stopping = (ends.readEnd, ends.writeEnd)
    } catch {
      throw SalvageError(.io(CoreIO.errno(of: error), call: "pipe"), file: socket)
    }
  }

  deinit {
    try? listener.close()
    try? stopping.read.close()
    try? stopping.write.close()
  }

  /// Crashes that wait for us wait unharmed; one that finds no place in the queue has no core.
  private static let backlog: Int32 = 4096

  /// Why it can't be told who kills a process that is captured, in words; nil where that is told.
  public var senderObstacle: String? { engine.senderObstacle }

  /// Finishes what a daemon that was killed has left, then serves until `stop`, and finishes what is under way.
  ///
  /// - Parameter tellReady: called in a thread of its own once senders of signals are seen, too, or don't come to be. A crash
  ///   before that is captured; who kills it then is not told.
  public func run(whenReady tellReady: @escaping @Sendable () -> Void) {
    let engine = engine
    let isWaiting = BackgroundThread.start {
      engine.waitUntilSendersAreSeen()
      tellReady()
    }
    if !isWaiting { tellReady() }
    engine.finishLeftovers()
    BackgroundThread.setNice(-10)
    while true {
      switch linux_wait_either(stopping.read.rawValue, listener.rawValue, -1) {
      case 1: break
      case 2:
        acceptNext()
        continue
      default: continue
      }
      break
    }
    _ = unsafe socket.withPlatformString { unsafe unlink($0) }
    // Whoever came before that waits for us: without us it has no core.
    while linux_wait_readable(listener.rawValue, 0) == 1 { acceptNext() }
    engine.drain()
  }

  private func acceptNext() {
    let socket = linux_accept(listener.rawValue)
    if socket >= 0 {
      engine.take(socket: FileDescriptor(rawValue: socket))
    } else if errno == EMFILE || errno == ENFILE || errno == ENOMEM {
      // What is under way will give some back.
      usleep(10_000)
    }
  }

  /// Takes no more crashes than have come by now. May be called from anywhere.
  public func stop() { _ = try? stopping.write.writeAll([0]) }
}
