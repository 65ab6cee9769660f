internal import CoreIO
internal import SystemPackage

/// The kernel's log: a handler that the kernel starts has no standard error, and nobody waits for its status.
public enum KernelLog {
  /// The kernel takes no more in one piece.
  private static let longest = 900

  /// Adds a line, which has to be safe to print; where we may not write there, nothing is done.
  public static func tell(_ line: String) {
    guard
      let log = try? FileDescriptor.open(
        FilePath("/dev/kmsg"), .writeOnly, options: [.closeOnExec, .nonBlocking, .noFollow])
    else { return }
    defer { try? log.close() }
    // An error, as syslog(3) numbers them.
    _ = try? log.writeAll(Array("<3>coresalvage: \(line)".utf8.prefix(longest)) + Array("\n".utf8))
  }
}
