internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// The temporary files that are being written, so that a signal that ends the process doesn't leave them. For a process
/// that is a command: a library that is asked for nothing leaves the signals alone.
public enum Interruption {
  private static let files = Mutex<Set<File>>([])

  /// A path that is hashed in one step, not byte by byte: each output of a batch comes and goes here.
  private struct File: Hashable {
    let path: FilePath

    func hash(into hasher: inout Hasher) {
      unsafe path.withPlatformString {
        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(start: $0, count: strlen($0)))
      }
    }
  }

  /// Whether whoever started us wants no signal where a pipe has lost its reader.
  private static let ignoresBrokenPipes = Atomic<Bool>(true)

  /// What is done instead of ending, once, by a signal that asks for the end.
  private static let stop = Mutex<(@Sendable () -> Void)?>(nil)

  /// From now on, the first SIGHUP, SIGINT or SIGTERM calls `body`, in a thread of its own; a second one ends the process. For
  /// a process that has work to finish first; `watch` must have been called.
  public static func whenAskedToEnd(_ body: @escaping @Sendable () -> Void) {
    stop.withLock { $0 = body }
  }

  /// What is to be done instead of ending by a signal, and from then on not any more.
  private static func takeStop(for received: Int32) -> (@Sendable () -> Void)? {
    guard [SIGHUP, SIGINT, SIGTERM].contains(received) else { return nil }
    return stop.withLock { stop in
      defer { stop = nil }
      return stop
    }
  }

  /// How many threads are between making or removing a file and knowing of it, and whether the process ends. Not the lock of
  /// `files`: the file systems of two outputs would wait for each other.
  private static let steps = Atomic<Int>(0)
  private static let isEnding = Atomic<Bool>(false)

  /// Does what the end of the process waits for, or never comes back where that has begun.
  private static func inOneStep<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    steps.add(1, ordering: .sequentiallyConsistent)
    if isEnding.load(ordering: .sequentiallyConsistent) {
      steps.subtract(1, ordering: .sequentiallyConsistent)
      while true { pause() }
    }
    defer { steps.subtract(1, ordering: .sequentiallyConsistent) }
    return try body()
  }

  /// Makes a file that goes if a signal ends the process; nil where it could not be made. Making it and knowing of it are one
  /// step: between them no signal ends the process, which would leave the file, or take one away that somebody else has made.
  package static func making<Made, Failure>(
    _ path: FilePath, _ make: () throws(Failure) -> Made?
  ) throws(Failure) -> Made? {
    try inOneStep { () throws(Failure) in
      let made = try make()
      if made != nil { files.withLock { _ = $0.insert(File(path: path)) } }
      return made
    }
  }

  /// Removes it, and forgets it in the same step: the name may be somebody else's from then on.
  package static func remove(_ path: FilePath) {
    inOneStep {
      _ = unsafe path.withPlatformString { unsafe unlink($0) }
      hasLeft(path)
    }
  }

  /// Forgets it: it has another name now, or was taken away.
  package static func hasLeft(_ path: FilePath) {
    files.withLock { _ = $0.remove(File(path: path)) }
  }
  package static func isWatching(_ path: FilePath) -> Bool {
    files.withLock { $0.contains(File(path: path)) }
  }

  /// The signals that end a process which does nothing about them, but for those that tell of a fault in it.
  private static let endings = [
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU,
  ]

  /// From now on, signals that end the process remove what is half written first, and then end it as they would have.
  ///
  /// Those that were ignored when the process began (as nohup(1) has SIGHUP), or blocked, stay so. A thread waits for the
  /// others, so that no work is done inside a signal handler. A pipe that has lost its reader is an error of the write to it:
  /// see ``end(for:)``. To be called once, before any other thread is started.
  public static func watch() {
    ignoresBrokenPipes.store(isIgnored(SIGPIPE), ordering: .relaxed)
    _ = signal(SIGPIPE, SIG_IGN)
    var blocked = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, nil, &blocked)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in endings
    where !isIgnored(signal) && (unsafe sigismember(&blocked, signal)) == 0 {
      unsafe sigaddset(&signals, signal)
    }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    // The thread has our mask: what is blocked in it and was not before is what it waits for.
    let waited = UnsafeMutablePointer<sigset_t>.allocate(capacity: 1)
    unsafe waited.initialize(to: signals)
    var thread = pthread_t()
    _ = unsafe pthread_create(
      &thread, nil,
      { waited in
        var received: Int32 = 0
        if let signals = unsafe waited?.assumingMemoryBound(to: sigset_t.self) {
          while true {
            while unsafe sigwait(signals, &received) != 0 {}
            guard let stop = Interruption.takeStop(for: received) else { break }
            stop()
          }
          Interruption.end(by: received)
        }
        return nil
      }, waited)
  }

  private static func isIgnored(_ signal: Int32) -> Bool { linux_ignores_signal(signal) }

  /// Where the error is that the reader of a pipe is gone, ends the process as SIGPIPE would have, with nothing half
  /// written left. Returns for any other, and where that signal was ignored when the process began.
  public static func end(for error: SalvageError) {
    guard case .io(.brokenPipe, call: "write") = error.kind else { return }
    if !ignoresBrokenPipes.load(ordering: .relaxed) { end(by: SIGPIPE) }
  }

  private static func end(by received: Int32) {
    isEnding.store(true, ordering: .sequentiallyConsistent)
    while steps.load(ordering: .sequentiallyConsistent) > 0 { usleep(100) }
    files.withLock { files in
      for file in files { _ = unsafe file.path.withPlatformString { unsafe unlink($0) } }
      _ = signal(received, SIG_DFL)
      var signals = sigset_t()
      unsafe sigemptyset(&signals)
      unsafe sigaddset(&signals, received)
      // The lock stays held: no other thread may publish a file between here and the end.
      unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      raise(received)
      _exit(128 + received)
    }
  }
}
