internal import Glibc
internal import Synchronization
package import SystemPackage

/// The temporary files that are being written, so that a signal that ends the process doesn't leave them.
package enum Interruption {
  private static let files = Mutex<Set<FilePath>>([])

  package static func willLeave(_ path: FilePath) { files.withLock { _ = $0.insert(path) } }
  package static func hasLeft(_ path: FilePath) { files.withLock { _ = $0.remove(path) } }
  package static func isWatching(_ path: FilePath) -> Bool { files.withLock { $0.contains(path) } }

  /// From now on, SIGINT, SIGTERM and SIGHUP remove what is half written, then end the process as they would have.
  ///
  /// A thread waits for them, so that no work is done inside a signal handler.
  package static func watch() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    _ = unsafe pthread_create(
      &thread, nil,
      { _ in
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
        var received: Int32 = 0
        unsafe sigwait(&signals, &received)
        Interruption.end(by: received)
        return nil
      }, nil)
  }

  private static func end(by received: Int32) {
    files.withLock { files in
      for path in files { _ = unsafe path.withPlatformString { unsafe unlink($0) } }
      _ = signal(received, SIG_DFL)
      var signals = sigset_t()
      unsafe sigemptyset(&signals)
      unsafe sigaddset(&signals, received)
      // The lock stays held: no other thread may publish or make a file between here and the end.
      unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      raise(received)
      _exit(128 + received)
    }
  }
}
