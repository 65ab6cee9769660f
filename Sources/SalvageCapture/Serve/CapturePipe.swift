internal import CLinux
internal import CoreIO
internal import SystemPackage

/// One crash that the kernel has started us for: `|PROGRAM` in core_pattern, the core on standard input.
public enum CapturePipe {
  /// Takes it, and returns when all is done.
  ///
  /// `processID` is that of the process in the initial pid namespace: `%P`.
  public static func run(
    processID: UInt32, store: CaptureStore, options: CaptureOptions = CaptureOptions(),
    log: @escaping @Sendable (CaptureEvent) -> Void
  ) {
    _ = linux_forbid_own_core()
    let process = linux_open_process(Int32(truncatingIfNeeded: processID))
    let channel = CrashChannel(
      .pipe, processID: processID,
      process: process >= 0 ? FileDescriptor(rawValue: process) : nil,
      stream: FileDescriptor(rawValue: 0), isForRoot: false)
    let engine = CaptureEngine(store, options, log)
    engine.take(pipe: channel)
    engine.drain()
  }
}
