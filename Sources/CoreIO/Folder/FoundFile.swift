internal import Glibc
package import SystemPackage

/// A regular file that a walk came by.
package struct FoundFile: Sendable {
  package let folder: WalkedFolder
  package let name: FilePath.Component
  /// Whether the user named it, and not its folder.
  package let isNamed: Bool

  init(folder: WalkedFolder, name: FilePath.Component, isNamed: Bool = false) {
    self.folder = folder
    self.name = name
    self.isNamed = isNamed
  }

  /// As the user named its folder, and what follows.
  package var path: FilePath {
    isNamed && folder.path == "." ? FilePath("").appending(name) : folder.path.appending(name)
  }
  /// Below the folder that the user named.
  package var relativePath: FilePath { folder.relativePath.appending(name) }

  /// nil where it is gone.
  package var identity: FileIdentity? { folder.identity(of: name) }

  /// What failed where a file is not removed since it is another now.
  package static let changed = "remove (the file has changed since it was read)"

  /// Whether its folder lets files go, as far as that is told beforehand.
  package var mayBeRemoved: Bool {
    unsafe faccessat(folder.descriptor.rawValue, ".", W_OK | X_OK, AT_EACCESS) == 0
  }

  /// Removes the file, if it is still the one that was read, and as it was.
  package func remove(_ identity: FileIdentity) throws(SalvageError) {
    let present = try FileIdentity(of: folder.open(name, path: path), closing: true, path: path)
    guard present.isSameFile(as: identity), present.size == identity.size,
      present.modified == identity.modified
    else {
      throw SalvageError(.io(.resourceBusy, call: Self.changed), file: path)
    }
    let result = unsafe name.withPlatformString {
      unsafe unlinkat(folder.descriptor.rawValue, $0, 0)
    }
    guard result == 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "remove"), file: path)
    }
  }
}

extension InputFile {
  /// What it takes on the disk, in bytes.
  package var allocated: UInt64 {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { return size }
    return UInt64(max(0, status.st_blocks)) &* 512
  }
}

extension FileIdentity {
  fileprivate init(
    of descriptor: FileDescriptor, closing: Bool, path: FilePath
  ) throws(SalvageError) {
    defer { if closing { try? descriptor.close() } }
    try self.init(of: descriptor, path: path)
  }
}
