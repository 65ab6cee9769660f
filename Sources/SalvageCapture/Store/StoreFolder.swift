internal import CLinux
internal import CoreIO
internal import Glibc
internal import SystemPackage

/// The folder of a store, open: what is done to its files goes through its descriptor, whatever becomes of the path to it.
final class StoreFolder: Sendable {
  let path: FilePath
  private let descriptor: FileDescriptor

  /// For reading: anybody's folder will do.
  init(reading path: FilePath) throws(SalvageError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(
        path, .readOnly, options: [.directory, .closeOnExec, .nonBlocking])
    } catch {
      throw SalvageError(.io(errno(of: error), call: "open the store"), file: path)
    }
  }

  /// For writing: makes it where it is not there, and refuses one that others could lead astray.
  ///
  /// It is made with mode 0755, as systemd's: a user whom the ACL of a core lets read it has to come to it, and the names tell
  /// no more of a process than /proc did.
  convenience init(keeping path: FilePath) throws(SalvageError) {
    if let link = FileIdentity(at: path, followingLinks: false), link.isSymbolicLink {
      try Self.check(owner: link, path)
    } else {
      guard (unsafe path.withPlatformString { unsafe mkdir($0, 0o755) }) == 0 || errno == EEXIST
      else {
        throw SalvageError(.io(Errno(rawValue: errno), call: "make the store"), file: path)
      }
    }
    try self.init(reading: path)
    let folder = try FileIdentity(of: descriptor, path: path)
    try Self.check(owner: folder, path)
    guard folder.mode & 0o022 == 0 || folder.mode & S_ISVTX != 0 else {
      throw SalvageError(
        .badOutput(reason: "others may write there, and so take the place of cores"), file: path)
    }
  }

  deinit { try? descriptor.close() }

  /// Refuses what somebody else could change at any time.
  private static func check(owner file: FileIdentity, _ path: FilePath) throws(SalvageError) {
    guard file.owner == 0 || file.owner == geteuid() else {
      throw SalvageError(.badOutput(reason: "belongs to user \(file.owner)"), file: path)
    }
  }

  // MARK: What is in it

  /// Its names in no order, `.` and `..` left out, and what each is (`st_mode`), as far as the folder tells.
  func names() throws(SalvageError) -> [(name: FilePath.Component, kind: UInt32)] {
    let opened = unsafe openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else {
      throw SalvageError(.io(Errno(rawValue: errno), call: "read the store"), file: path)
    }
    let folder = try WalkedFolder(
      FileDescriptor(rawValue: opened), path: path, relativePath: "")
    var names: [(name: FilePath.Component, kind: UInt32)] = []
    while let next = try folder.next() { names.append(next) }
    return names
  }

  /// The files that are the store's by their names, regular ones, and belong to us: nobody else's are counted or removed.
  func files() -> [StoredFile] {
    let own = geteuid()
    return ((try? names()) ?? []).compactMap { name, kind in
      guard kind == S_IFREG, let stored = StoredName(name), let file = file(name, stored),
        file.identity.owner == own
      else { return nil }
      return file
    }
  }

  private func file(_ component: FilePath.Component, _ name: StoredName) -> StoredFile? {
    guard let status = status(component), status.st_mode & S_IFMT == S_IFREG,
      let identity = FileIdentity(of: component, in: descriptor)
    else { return nil }
    return StoredFile(
      component: component, name: name, identity: identity,
      allocated: UInt64(max(0, status.st_blocks)) &* 512)
  }

  /// What a name stands for; of a link itself. nil where there is nothing.
  func identity(_ name: FilePath.Component) -> FileIdentity? {
    FileIdentity(of: name, in: descriptor)
  }

  /// What it takes of the disk, in bytes; nil where there is nothing.
  func allocated(_ name: FilePath.Component) -> UInt64? {
    status(name).map { UInt64(max(0, $0.st_blocks)) &* 512 }
  }

  private func status(_ name: FilePath.Component) -> stat? {
    var status = stat()
    let result = unsafe name.withPlatformString {
      unsafe fstatat(descriptor.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    return result == 0 ? status : nil
  }

  /// Opens a name. No link is followed, and nobody is waited for. What it makes is for us alone.
  func open(_ name: FilePath.Component, _ flags: Int32 = O_RDONLY) throws(SalvageError)
    -> FileDescriptor
  {
    let result = unsafe name.withPlatformString {
      unsafe openat(descriptor.rawValue, $0, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    }
    guard result >= 0 else {
      throw SalvageError(.io(Errno(rawValue: errno), call: "open"), file: path.appending(name))
    }
    return FileDescriptor(rawValue: result)
  }

  // MARK: What is done to it

  /// Removes a file if it is still the same one.
  @discardableResult
  func remove(_ name: FilePath.Component, _ file: FileIdentity) -> Bool {
    guard let present = identity(name), present.isSameFile(as: file) else { return false }
    return (unsafe name.withPlatformString { unsafe unlinkat(descriptor.rawValue, $0, 0) }) == 0
  }

  /// Makes a file of these bytes stand under that name, for us alone: whole, or what was there before; only on a full disk they
  /// are written over it. It is not waited for the disk. One writer at a time.
  func replace(_ name: FilePath.Component, with bytes: [UInt8]) -> Bool {
    replaceWhole(name, with: bytes) || overwrite(name, with: bytes)
  }

  private func replaceWhole(_ name: FilePath.Component, with bytes: [UInt8]) -> Bool {
    let fresh = TemporaryName.fixed("new", for: name)
    if let left = identity(fresh) { remove(fresh, left) }
    guard let file = try? open(fresh, O_WRONLY | O_CREAT | O_EXCL) else { return false }
    defer { try? file.close() }
    guard (try? file.writeAll(bytes)) != nil else {
      if let left = identity(fresh) { remove(fresh, left) }
      return false
    }
    let result = unsafe fresh.withPlatformString { from in
      unsafe name.withPlatformString { to in
        unsafe renameat(descriptor.rawValue, from, descriptor.rawValue, to)
      }
    }
    return result == 0
  }

  /// Writes over a file of ours that has the room for it already, and no second name.
  private func overwrite(_ name: FilePath.Component, with bytes: [UInt8]) -> Bool {
    guard let file = try? open(name, O_WRONLY) else { return false }
    defer { try? file.close() }
    var status = stat()
    guard unsafe fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), status.st_nlink == 1,
      bytes.count <= Int(status.st_blocks) * 512,
      (try? file.writeAll(toAbsoluteOffset: 0, bytes)) != nil
    else { return false }
    return ftruncate(file.rawValue, off_t(bytes.count)) == 0
  }

  /// Names survive a power cut once this is done.
  func sync() { _ = fsync(descriptor.rawValue) }

  /// How many bytes users may still write to its file system, and how large that is; nil where that can't be had.
  var room: (free: UInt64, size: UInt64)? {
    var system = statvfs()
    guard unsafe fstatvfs(descriptor.rawValue, &system) == 0 else { return nil }
    let block = UInt64(system.f_frsize)
    let (free, freeOverflow) = UInt64(system.f_bavail).multipliedReportingOverflow(by: block)
    let (size, sizeOverflow) = UInt64(system.f_blocks).multipliedReportingOverflow(by: block)
    return (freeOverflow ? .max : free, sizeOverflow ? .max : size)
  }
}
