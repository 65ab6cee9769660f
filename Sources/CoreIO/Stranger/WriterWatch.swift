internal import CLinux
internal import Glibc
package import SystemPackage

/// Whether a core is still being written.
package enum WriterWatch {
  /// How long a file that somebody has open for writing is watched.
  private static let patience: UInt32 = 250_000  // µs

  /// Refuses a file that grows, or that somebody has locked, before we have it open for writing ourselves. Reads nothing of it.
  package static func refuseGrowing(at path: FilePath) throws(SalvageError) {
    guard
      let file = try? FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
    else { return }
    defer { try? file.close() }
    let before = try FileIdentity(of: file, path: path)
    guard before.isRegular else { return }
    _ = try FileLock.take(.shared, on: file, path, patience: FileLock.shortPatience)
    guard linux_has_writer(file.rawValue) == 1 else { return }
    usleep(patience)
    guard try FileIdentity(of: file, path: path).size <= before.size else {
      throw SalvageError(.stillWritten(reason: "still grows: somebody writes it"), file: path)
    }
  }

  /// Refuses a file that grows. Only one that has a writer is watched for a while.
  package static func refuseGrowing(_ file: InputFile) throws(SalvageError) {
    try refuseGrown(file)
    guard linux_has_writer(file.descriptor.rawValue) == 1 else { return }
    usleep(patience)
    try refuseGrown(file)
  }

  /// Refuses a file that is longer than when it was opened.
  package static func refuseGrown(_ file: InputFile) throws(SalvageError) {
    let now = try FileIdentity(of: file.descriptor, path: file.path)
    guard now.size > file.identity.size else { return }
    throw SalvageError(.stillWritten(reason: "still grows: somebody writes it"), file: file.path)
  }
}
