internal import CLinux
internal import Glibc
package import SystemPackage

/// The one way to files that a core names, for all commands: with the rights of the core's owner. Strangers make those
/// names up; whoever gets a repaired core, or a report, is to get nothing that its owner could not find out alone.
///
/// Only regular files are opened: a FIFO would make us wait, a device might act on it.
package struct FileReader: Hashable, Sendable {
  private var user: UInt32?
  private var group: UInt32 = 0

  /// With our own rights.
  package init() {}

  /// For the owner of the core; with our own rights where that is us, or where nothing is known of it.
  ///
  /// A core that is root's own may have been put there by a handler, or be a copy: then it is the process's owner whose
  /// rights count for root. `process` is nil where its ids are another machine's.
  package init(for core: FileIdentity?, of process: (userID: UInt32, groupID: UInt32)?) {
    if let core, core.owner != geteuid() {
      user = core.owner
      group = core.group
    } else if let process, geteuid() == 0, process.userID != 0 {
      user = process.userID
      group = process.groupID
    }
  }

  /// Whether it is somebody else's rights that count: then nobody is told why a file can't be had.
  package var isForAnother: Bool { user != nil }

  /// Opens a regular file read-only.
  package func open(_ path: FilePath) throws(SalvageError) -> InputFile {
    let descriptor = unsafe path.withPlatformString { name in
      if let user {
        return unsafe geteuid() == 0
          ? linux_open_regular_as(name, user, group) : linux_open_regular(name)
      }
      return unsafe linux_open_regular(name)
    }
    guard descriptor >= 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open"), file: path)
    }
    let file = try InputFile(owning: FileDescriptor(rawValue: descriptor), path)
    // Who is not root can't take another's rights: then what the modes say must do.
    guard user == nil || geteuid() == 0 || ownerMay(4, file.identity) && ownerMayPass(to: file)
    else {
      throw SalvageError(.io(.permissionDenied, call: "open for the core's owner"), file: path)
    }
    return file
  }

  /// Whether the owner has a right by a file's mode.
  private func ownerMay(_ right: UInt32, _ file: FileIdentity) -> Bool {
    let shift: UInt32 = file.owner == user ? 6 : file.group == group ? 3 : 0
    return file.mode >> shift & right != 0
  }

  /// Whether they may pass all folders on the way to it, by the name that was given and by its own.
  private func ownerMayPass(to file: InputFile) -> Bool {
    var paths = [file.path]
    if let own = file.ownPath { paths.append(own) }
    for var path in paths {
      while path.removeLastComponent() {
        guard let folder = FileIdentity(at: path.isEmpty ? "." : path, followingLinks: true),
          ownerMay(1, folder)
        else { return false }
      }
    }
    return true
  }
}
