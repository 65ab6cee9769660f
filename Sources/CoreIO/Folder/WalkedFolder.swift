internal import Glibc
package import Synchronization
package import SystemPackage

/// A folder that is being walked. It stays open for as long as anybody has a file of it in hand, so that what is opened
/// is what was found, whatever became of the path to it.
@safe package final class WalkedFolder: @unchecked Sendable {
  // Only the walk reads the stream, under its lock; the descriptor serves everybody.
  private let stream: OpaquePointer
  package let descriptor: FileDescriptor
  /// As the user named it, and what follows.
  package let path: FilePath
  /// Where its files go, below the output folder.
  package let relativePath: FilePath
  package let identity: FileIdentity
  /// The folder of its outputs, once it is known to be there and free of what killed runs have left.
  package let place = Mutex<FilePath?>(nil)

  /// One that is open already; takes the descriptor over, whatever comes of it.
  package init(
    _ descriptor: FileDescriptor, path: FilePath, relativePath: FilePath
  ) throws(SalvageError) {
    do throws(SalvageError) {
      identity = try FileIdentity(of: descriptor, path: path)
      guard let stream = unsafe fdopendir(descriptor.rawValue) else {
        throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open the folder"), file: path)
      }
      unsafe self.stream = stream
    } catch {
      try? descriptor.close()
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    self.relativePath = relativePath
  }

  /// A folder that the user named: here a symbolic link is followed.
  package convenience init(_ path: FilePath, relativePath: FilePath) throws(SalvageError) {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        path, .readOnly, options: [.directory, .closeOnExec, .nonBlocking])
    } catch {
      throw SalvageError(.io(errno(of: error), call: "open the folder"), file: path)
    }
    try self.init(descriptor, path: path, relativePath: relativePath)
  }

  /// A folder in a folder.
  package convenience init(
    _ name: FilePath.Component, in parent: WalkedFolder
  ) throws(SalvageError) {
    let path = parent.path.appending(name)
    let descriptor = try parent.open(name, O_RDONLY | O_DIRECTORY, path: path)
    try self.init(
      descriptor, path: path, relativePath: parent.relativePath.appending(name))
  }

  deinit { unsafe closedir(stream) }

  /// The next name, `.` and `..` left out, and what it is as far as the folder tells; nil at the end.
  package func next() throws(SalvageError) -> (name: FilePath.Component, kind: UInt32)? {
    while true {
      Glibc.errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard Glibc.errno == 0 else {
          throw SalvageError(
            .io(Errno(rawValue: Glibc.errno), call: "read the folder"), file: path)
        }
        return nil
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe FilePath.Component(platformString: $0)
        }
      }
      guard let name, name.kind == .regular else { continue }
      if let kind = Self.modes[unsafe entry.pointee.d_type] { return (name, kind) }
      // Some file systems don't tell. A file that is gone by now is as good as one that never was there.
      if let kind = kind(of: name) { return (name, kind) }
    }
  }

  /// `d_type` as the kinds that `st_mode` has.
  private static let modes: [UInt8: UInt32] = [
    UInt8(DT_REG): S_IFREG, UInt8(DT_DIR): S_IFDIR, UInt8(DT_LNK): S_IFLNK,
    UInt8(DT_FIFO): S_IFIFO, UInt8(DT_SOCK): S_IFSOCK, UInt8(DT_CHR): S_IFCHR,
    UInt8(DT_BLK): S_IFBLK,
  ]

  /// What a name stands for, by its `st_mode`; nil where there is nothing.
  package func kind(of name: FilePath.Component) -> UInt32? {
    identity(of: name).map { $0.mode & S_IFMT }
  }

  /// What a name stands for, be it a link; nil where there is nothing.
  package func identity(of name: FilePath.Component) -> FileIdentity? {
    FileIdentity(of: name, in: descriptor)
  }

  /// Opens a name. No link is followed, and nothing that waits for somebody is waited for.
  package func open(
    _ name: FilePath.Component, _ flags: Int32 = O_RDONLY, path: FilePath
  ) throws(SalvageError) -> FileDescriptor {
    let result = unsafe name.withPlatformString {
      unsafe openat(descriptor.rawValue, $0, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    }
    guard result >= 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open"), file: path)
    }
    return FileDescriptor(rawValue: result)
  }
}
