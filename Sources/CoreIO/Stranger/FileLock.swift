internal import CLinux
internal import Glibc
package import SystemPackage

/// Turns at a core: whoever changes it where it stands has it alone, whoever reads it shares it. flock(2) keeps them; a kill
/// ends them.
package enum FileLock {
  package enum Kind { case shared, exclusive }

  /// For how many seconds a reader waits for a repair in place: that is a few writes.
  package static let patience = 5.0
  /// For how many seconds a repair in place waits. Somebody else's repair is not waited for; but a process that is being
  /// started has our open files too, and so an old lock of ours, until it becomes another program.
  package static let shortPatience = 0.5

  /// Takes a lock for as long as the file is open; false where the file system has none.
  package static func take(
    _ kind: Kind, on file: FileDescriptor, _ path: FilePath, patience: Double
  ) throws(SalvageError) -> Bool {
    let end = monotonicSeconds() + patience
    while true {
      let result =
        kind == .shared ? linux_lock_shared(file.rawValue) : linux_lock(file.rawValue)
      if result == 0 { return true }
      switch Glibc.errno {
      case EINTR: continue
      case EWOULDBLOCK:
        guard monotonicSeconds() < end else { throw SalvageError(.inUse, file: path) }
        usleep(10_000)
      default: return false
      }
    }
  }

  package static func release(_ file: FileDescriptor) { _ = linux_unlock(file.rawValue) }
}
