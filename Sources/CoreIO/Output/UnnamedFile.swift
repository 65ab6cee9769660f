internal import CLinux
internal import Glibc
package import SystemPackage

/// A temporary file that has no name, so that nothing is left of it however the process ends.
package final class UnnamedFile: WritableFile {
  /// The folder that it is in.
  package let path: FilePath
  package let descriptor: FileDescriptor
  /// False where the file system has no unnamed files, and a named one was made and unlinked.
  package let isUnnamedFromBirth: Bool

  package init(in folder: FilePath) throws(SalvageError) {
    path = folder
    let unnamed = unsafe folder.withPlatformString { unsafe linux_open_unnamed($0) }
    isUnnamedFromBirth = unnamed >= 0
    if unnamed >= 0 {
      descriptor = FileDescriptor(rawValue: unnamed)
    } else {
      descriptor = try Self.unlinked(in: folder)
    }
  }

  deinit { try? descriptor.close() }

  private static func unlinked(in folder: FilePath) throws(SalvageError) -> FileDescriptor {
    let number = hexadecimal(.random(in: 0...UInt64.max), digits: 16)
    let name = folder.appending(".\(TemporaryName.mark)\(number)")
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        name, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: .ownerReadWrite)
    } catch {
      throw SalvageError(
        .io(errno(of: error), call: "create a temporary file"), file: folder)
    }
    _ = unsafe name.withPlatformString { unsafe unlink($0) }
    return descriptor
  }
}
