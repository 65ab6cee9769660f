import Glibc
import SystemPackage

extension ToolChannels {
  static func open(
    _ path: FilePath, _ mode: FileDescriptor.AccessMode,
    options: FileDescriptor.OpenOptions = []
  ) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        path, mode, options: options.union([.closeOnExec, .init(rawValue: O_NOCTTY)]),
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw ReferenceError("\(path): \(error)")
    }
  }

  static func pipe() throws -> (read: FileDescriptor, write: FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw ReferenceError.system("pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }

  static func stopBlocking(_ end: FileDescriptor) throws {
    let flags = fcntl(end.rawValue, F_GETFL)
    guard fcntl(end.rawValue, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw ReferenceError.system("fcntl", errno)
    }
  }

  /// A pseudo-terminal of 80 columns and 24 rows. <stdlib.h> shows `posix_openpt` and its kin only
  /// with _GNU_SOURCE; these are the calls that they make.
  static func terminal() throws -> (ours: FileDescriptor, program: FileDescriptor) {
    let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
    let getNumber: UInt = 0x8004_5430  // TIOCGPTN
    let ours = try open("/dev/ptmx", .readWrite)
    var locked: Int32 = 0
    var number: UInt32 = 0
    guard ioctl(ours.rawValue, setLock, &locked) == 0,
      ioctl(ours.rawValue, getNumber, &number) == 0
    else { throw ReferenceError.system("/dev/ptmx", errno) }
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(ours.rawValue, UInt(TIOCSWINSZ), &size)
    return (ours, try open(FilePath("/dev/pts/\(number)"), .readWrite))
  }
}
