internal import Glibc
package import SystemPackage

/// The files that a run reads, by device and inode: what no output of that run may take the place of, whatever the names.
///
/// What stands behind standard input is one of them in every run.
package struct InputSet: Hashable, Sendable {
  private struct File: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  private var files: Set<File> = []

  package init() {
    insert(try? FileIdentity(of: .standardInput, path: "standard input"))
  }

  package init(_ identity: FileIdentity?) {
    self.init()
    insert(identity)
  }

  /// Only regular files can be lost to an output: standard input and output may well be one terminal, or /dev/null.
  package mutating func insert(_ identity: FileIdentity?) {
    guard let identity, identity.isRegular else { return }
    files.insert(File(device: identity.device, inode: identity.inode))
  }

  /// The file of that name, through links; nothing where there is none.
  package mutating func insert(at path: FilePath?) {
    guard let path else { return }
    insert(FileIdentity(at: path, followingLinks: true))
  }

  package func contains(_ identity: FileIdentity) -> Bool {
    files.contains(File(device: identity.device, inode: identity.inode))
  }
}
