internal import CLinux
internal import CoreIO
internal import Glibc
internal import SystemPackage

/// The file of a core under work. It has no name until it is a core, where the file system has such files; whoever looks for
/// leftovers knows by its lock that it is none.
final class CaptureFile: WritableFile {
  let path: FilePath
  let descriptor: FileDescriptor
  private let isNamed: Bool

  /// - Parameter path: the name that it will have.
  init(_ path: FilePath) throws(SalvageError) {
    self.path = path
    let folder = path.removingLastComponent()
    let unnamed = unsafe (folder.isEmpty ? "." : folder).withPlatformString {
      unsafe linux_open_unnamed($0)
    }
    isNamed = unnamed < 0
    if unnamed >= 0 {
      descriptor = FileDescriptor(rawValue: unnamed)
    } else {
      do {
        descriptor = try FileDescriptor.open(
          path, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
          permissions: .ownerReadWrite)
      } catch {
        throw SalvageError(.io(errno(of: error), call: "create"), file: path)
      }
    }
    _ = linux_lock(descriptor.rawValue)
  }

  deinit { try? descriptor.close() }

  func takeName(_ path: FilePath) throws(SalvageError) {
    guard !isNamed else { return }
    let result = unsafe path.withPlatformString {
      unsafe linux_link_open_file(descriptor.rawValue, $0)
    }
    guard result == 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "name"), file: path)
    }
  }
}
