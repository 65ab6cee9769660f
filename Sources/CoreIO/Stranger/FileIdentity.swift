internal import CLinux
internal import Glibc
package import SystemPackage

/// What fstat(2) tells of a file: which one it is, what it is, and who may read it.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let size: UInt64
  package let mode: UInt32
  package let owner: UInt32
  package let group: UInt32
  /// When its bytes were last written (`st_mtim`), and its bytes or attributes changed (`st_ctim`), in nanoseconds.
  package let modified: Int64
  package let changed: Int64

  package init(of descriptor: FileDescriptor, path: FilePath) throws(SalvageError) {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "stat"), file: path)
    }
    self.init(status)
  }

  /// The file of that name, or nil where there is none. Of a symbolic link itself, unless it is to be followed.
  package init?(at path: FilePath, followingLinks: Bool) {
    var status = stat()
    let result = unsafe path.withPlatformString {
      unsafe followingLinks ? stat($0, &status) : lstat($0, &status)
    }
    guard result == 0 else { return nil }
    self.init(status)
  }

  /// The same of a name in a folder that is open; of a symbolic link itself.
  package init?(of name: FilePath.Component, in folder: FileDescriptor) {
    var status = stat()
    let result = unsafe name.withPlatformString {
      unsafe fstatat(folder.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = UInt64(max(0, status.st_size))
    mode = status.st_mode
    owner = status.st_uid
    group = status.st_gid
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// Whether both are the same file, also by hard links.
  package func isSameFile(as other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode
  }

  package var isRegular: Bool { mode & S_IFMT == S_IFREG }
  package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  package var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }

  /// What it is, in words.
  package var kindName: String {
    switch mode & S_IFMT {
    case S_IFREG: "a regular file"
    case S_IFDIR: "a directory"
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    case S_IFCHR: "a character device"
    case S_IFBLK: "a block device"
    default: "a file of unknown kind"
    }
  }
}
