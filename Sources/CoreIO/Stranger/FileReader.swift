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
  ///
  /// Of a path below `root`, which it then has to begin with, no link leads out: absolute ones begin there. The file's path
  /// is one that leads to it without the root being one.
  package func open(
    _ path: FilePath, below root: FilePath? = nil
  ) throws(SalvageError) -> InputFile {
    let descriptor: Int32
    if let root {
      var name = path
      guard name.removePrefix(root) else {
        throw SalvageError(.io(.noSuchFileOrDirectory, call: "open"), file: path)
      }
      descriptor = unsafe root.withPlatformString { root in
        unsafe name.withPlatformString { unsafe open($0, below: root) }
      }
    } else {
      descriptor = unsafe path.withPlatformString { unsafe open($0, below: nil) }
    }
    guard descriptor >= 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open"), file: path)
    }
    let opened = FileDescriptor(rawValue: descriptor)
    guard let own = root.map({ Self.outerPath(path, of: opened, below: $0) }) ?? path else {
      try? opened.close()
      throw SalvageError(.io(.noSuchFileOrDirectory, call: "find"), file: path)
    }
    let file = try InputFile(owning: opened, own)
    // Who is not root can't take another's rights: then what the modes say must do.
    guard user == nil || geteuid() == 0 || ownerMay(4, file.identity) && ownerMayPass(to: file)
    else {
      throw SalvageError(.io(.permissionDenied, call: "open for the core's owner"), file: path)
    }
    return file
  }

  private func open(
    _ path: UnsafePointer<CChar>, below root: UnsafePointer<CChar>?
  ) -> Int32 {
    guard let user, geteuid() == 0 else { return unsafe linux_open_regular(root, path) }
    return unsafe linux_open_regular_as(root, path, user, group)
  }

  /// What an open file below a root is called by those for whom that is no root: the path, but where a link in it would lead
  /// them elsewhere. nil where no name leads there.
  private static func outerPath(
    _ path: FilePath, of file: FileDescriptor, below root: FilePath
  ) -> FilePath? {
    guard let opened = try? FileIdentity(of: file, path: path) else { return nil }
    func isOpened(by path: FilePath) -> Bool {
      FileIdentity(at: path, followingLinks: true)?.isSameFile(as: opened) ?? false
    }
    if isOpened(by: path) { return path }
    guard var name = file.ownPath,
      let folder = try? FileDescriptor.open(root, .readOnly, options: [.closeOnExec, .directory])
    else { return nil }
    defer { try? folder.close() }
    guard let own = folder.ownPath, name.removePrefix(own) else { return nil }
    let outer = root.pushing(name)
    return isOpened(by: outer) ? outer : nil
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
