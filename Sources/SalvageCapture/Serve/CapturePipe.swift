internal import CLinux
internal import CoreIO
internal import SystemPackage

/// One crash that the kernel has started us for: `|PROGRAM` in core_pattern, the core on standard input.
public enum CapturePipe {
  /// Takes it, and returns what came of it when all is done.
  ///
  /// `processID` is that of the process in the initial pid namespace: `%P`. `dumpMode` is `%d`: 1 where its user may read its
  /// core. Where that is nil the kernel is asked (Linux 6.16); where nobody tells, the core is for root alone.
  public static func run(
    processID: UInt32, dumpMode: UInt32? = nil, store: CaptureStore,
    options: CaptureOptions = CaptureOptions()
  ) -> CaptureEvent {
    _ = linux_forbid_own_core()
    let process = linux_open_process(Int32(truncatingIfNeeded: processID))
    let state = process >= 0 ? linux_dump_state(process) : -1
    let isForUser =
      dumpMode.map { $0 == 1 } ?? (state > 0 && state & Int(linux_dump_for_user) != 0)
    let channel = CrashChannel(
      .pipe, processID: processID,
      process: process >= 0 ? FileDescriptor(rawValue: process) : nil,
      stream: FileDescriptor(rawValue: 0), isForRoot: !isForUser)
    let engine = CaptureEngine(store, options) { _ in }
    let event = engine.take(pipe: channel)
    engine.drain()
    return event
  }
}
