internal import CLinux
internal import Glibc

/// A thread that nobody waits for. It takes no signals, and its stack is small.
package enum BackgroundThread {
  private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts it; false where the system has no thread to give.
  package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = unsafe Unmanaged.passRetained(Box(body))
    let result = unsafe linux_start_thread(
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        }
      }, box.toOpaque())
    if result != 0 { unsafe box.release() }
    return result == 0
  }

  /// Gives the calling thread, and it alone, more or less of the processor: −20 most, 19 least. Where that is not allowed
  /// nothing changes.
  package static func setNice(_ value: Int32) {
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, value)
  }
}
