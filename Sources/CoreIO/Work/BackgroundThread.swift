internal import CLinux

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
}
