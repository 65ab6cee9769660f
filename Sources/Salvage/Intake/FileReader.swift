internal import CLinux
internal import Glibc
package import SystemPackage

/// Opens files that a core names, with the rights of the core's owner: who may read a core made its names up, and
/// whoever gets the repaired one is to get nothing that they could not read themselves.
package struct FileReader: Hashable, Sendable {
  private var user: UInt32?
  private var group: UInt32 = 0

  /// With our own rights.
  package init() {}

  /// For the owner of the core; with our own rights where that is us, or where nothing is known of it.
  package init(for core: FileIdentity?) {
    guard let core, core.owner != geteuid() else { return }
    user = core.owner
    group = core.group
  }

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
    // Who is not root can't take another's rights: then what the file's mode says must do.
    guard user == nil || geteuid() == 0 || ownerMayRead(file.identity) else {
      throw SalvageError(.io(.permissionDenied, call: "open for the core's owner"), file: path)
    }
    return file
  }

  private func ownerMayRead(_ file: FileIdentity) -> Bool {
    let shift: UInt32 = file.owner == user ? 6 : file.group == group ? 3 : 0
    return file.mode >> shift & 4 != 0
  }
}
