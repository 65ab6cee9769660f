internal import CLinux
internal import SystemPackage

/// Keeps the address space of another process from going away, also when that process is killed and reaped: one read of its
/// /proc/PID/mem is held up in our own memory until this is let go. Then all of it is freed.
@safe final class MemoryPin: @unchecked Sendable {
  // Only made and let go, each once.
  private let pin: OpaquePointer

  /// nil where none of the addresses can be read, or the kernel lets us hold no read.
  init?(_ memory: FileDescriptor, at addresses: [UInt64]) {
    for address in addresses {
      // A page that is there is copied within microseconds; one on a slow disk may take its time.
      if let pin = unsafe linux_pin_memory(
        memory.rawValue, UInt(truncatingIfNeeded: address), Self.patience)
      {
        unsafe self.pin = pin
        return
      }
    }
    return nil
  }

  private static let patience: Int32 = 2000

  deinit { unsafe linux_unpin(pin) }
}
