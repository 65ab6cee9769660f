internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A file that exists under its name only once it is whole: written beside its place under a temporary name, synced,
/// then renamed. Dropped before that, it leaves nothing.
package final class OutputFile: WritableFile {
  package let path: FilePath
  package let temporaryPath: FilePath
  package let descriptor: FileDescriptor
  private let replaces: Bool
  private let inputs: InputSet
  /// When the bytes that it is made of were written; nil for now.
  private let time = Mutex<Int64?>(nil)

  /// Makes the temporary file, which nobody but us may read until it is published. Throws where it must not be published:
  /// see `check`.
  package init(
    _ path: FilePath, sparing inputs: InputSet, replacing: Bool
  ) throws(SalvageError) {
    try Self.check(path, sparing: inputs, replacing: replacing)
    self.path = path
    self.inputs = inputs
    replaces = replacing
    guard let name = path.lastComponent, name.kind == .regular else {
      throw SalvageError(.badOutput(reason: "is no name for a file"), file: path)
    }
    let folder = path.removingLastComponent()
    var attempt = 0
    while true {
      attempt += 1
      let candidate = folder.appending(TemporaryName.random(for: name))
      do {
        let made = try Interruption.making(candidate) {
          try FileDescriptor.open(
            candidate, .readWrite,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: .ownerReadWrite)
        }
        guard let opened = made else { throw Errno.fileExists }
        guard !TemporaryName.hold(opened) else {
          descriptor = opened
          temporaryPath = candidate
          break
        }
        // Somebody who cleans up was quicker than our lock.
        try? opened.close()
        Interruption.hasLeft(candidate)
        guard attempt < 100 else { throw Errno.resourceTemporarilyUnavailable }
      } catch {
        guard errno(of: error) == .fileExists, attempt < 100 else {
          throw Self.cannotCreate(errno(of: error), path, in: folder)
        }
      }
    }
  }

  private static func cannotCreate(
    _ error: Errno, _ path: FilePath, in folder: FilePath
  ) -> SalvageError {
    guard error == .noSuchFileOrDirectory else {
      return SalvageError(.io(error, call: "create"), file: path)
    }
    guard !folder.isEmpty else {
      return SalvageError(.badOutput(reason: "the current folder was removed"), file: path)
    }
    return SalvageError(
      .badOutput(reason: "there is no folder \(PrintableText(folder))"), file: path)
  }

  /// Throws what the initializer would, as far as that can be told without making anything.
  package static func foresee(
    _ path: FilePath, sparing inputs: InputSet, replacing: Bool
  ) throws(SalvageError) {
    try check(path, sparing: inputs, replacing: replacing)
    guard path.lastComponent?.kind == .regular else {
      throw SalvageError(.badOutput(reason: "is no name for a file"), file: path)
    }
    let folder = path.removingLastComponent()
    guard !folder.isEmpty || !path.isOfRemovedFolder else {
      throw cannotCreate(.noSuchFileOrDirectory, path, in: folder)
    }
    let name = folder.isEmpty ? FilePath(".") : folder
    guard FileIdentity(at: name, followingLinks: true)?.isDirectory ?? true else {
      throw cannotCreate(.notDirectory, path, in: folder)
    }
    guard unsafe name.withPlatformString({ unsafe access($0, W_OK | X_OK) }) == 0 else {
      throw cannotCreate(Errno(rawValue: Glibc.errno), path, in: folder)
    }
  }

  deinit {
    try? descriptor.close()
    if Interruption.isWatching(temporaryPath) { Interruption.remove(temporaryPath) }
  }

  /// Refuses an output that would be one of the inputs, or that is there and not to be replaced, or is no regular file. A link
  /// is followed only to learn what it leads to: it is the link that is replaced.
  package static func check(
    _ path: FilePath, sparing inputs: InputSet, replacing: Bool
  ) throws(SalvageError) {
    guard let present = FileIdentity(at: path, followingLinks: false) else { return }
    let target =
      present.isSymbolicLink ? FileIdentity(at: path, followingLinks: true) ?? present : present
    if inputs.contains(target) { throw SalvageError(.outputIsInput, file: path) }
    guard target.isRegular || target.isSymbolicLink && !replacing else {
      let kind = target.isSymbolicLink ? "a symbolic link to nothing" : target.kindName
      throw SalvageError(
        .badOutput(reason: "is \(kind); the output must be a file"), file: path)
    }
    guard replacing else { throw SalvageError(.outputExists, file: path) }
  }

  /// Gives the file the input's owner where that is allowed, and at most its permissions. Of those for others, none that they
  /// don't have for all of the `others` files that went into it.
  package func takeAccess(of input: FileAccess, and others: [FileIdentity] = []) {
    var mode = input.mode
    for file in others where file.mode & 0o004 == 0 {
      let isForGroup = file.group == input.group && file.mode & 0o040 != 0
      mode &= isForGroup ? 0o770 : 0o700
    }
    if fchown(descriptor.rawValue, input.owner, input.group) != 0,
      fchown(descriptor.rawValue, uid_t.max, input.group) != 0
    {
      // The file is in a group of ours, whose members are other people: they get nothing, and everyone
      // no more than the input's group had.
      mode = mode & 0o700 | mode & (mode >> 3) & 0o007
    }
    fchmod(descriptor.rawValue, mode)
  }

  /// Lets it be as old as the input: nothing else tells when a process died.
  package func takeTime(of input: FileIdentity) { time.withLock { $0 = input.modified } }

  /// Lets it be as old as that: microseconds since 1970. A time that is known to the nanosecond and is the same stays.
  package func takeTime(microseconds: UInt64) {
    guard let wanted = Int64(exactly: microseconds), wanted <= .max / 1000 else { return }
    time.withLock { time in
      // Before 1970 all are one.
      if time.map({ max(0, $0) / 1000 != wanted }) ?? true { time = wanted * 1000 }
    }
  }

  /// Does the last thing that changes the file.
  func setTime() {
    guard let time = time.withLock({ $0.take() }) else { return }
    descriptor.setModified(nanoseconds: time)
  }

  /// Does all that still changes the file, and lets the disk begin with its bytes: for one that is synced after others. A
  /// change that comes after the first one's sync costs the disk a commit of its own.
  package func beginSync(_ size: UInt64) {
    setTime()
    startWriteback(0..<size)
  }

  /// Syncs the file, and gives it its name.
  package func publish() throws(SalvageError) {
    try sync()
    try takeName()
    Self.syncFolder(of: path)
  }

  /// Waits until the file's bytes are on the disk.
  package func sync() throws(SalvageError) {
    setTime()
    guard fsync(descriptor.rawValue) == 0 else { throw failure("sync") }
  }

  /// Gives the synced file its name. That survives a power cut once its folder is synced too.
  package func takeName() throws(SalvageError) {
    // What stands there may have come since.
    if replaces { try Self.check(path, sparing: inputs, replacing: true) }
    try Self.rename(temporaryPath, to: path, replacing: replaces)
    Interruption.hasLeft(temporaryPath)
  }

  /// Renames, and replaces what is there only if that was asked for.
  package static func rename(
    _ from: FilePath, to path: FilePath, replacing: Bool
  ) throws(SalvageError) {
    let result = unsafe from.withPlatformString { from in
      unsafe path.withPlatformString { to in
        unsafe replacing ? Glibc.rename(from, to) : renameExclusively(from, to)
      }
    }
    guard result != 0 else { return }
    if Glibc.errno == EEXIST { throw SalvageError(.outputExists, file: path) }
    throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "rename"), file: path)
  }

  /// A rename survives a power cut only once its folder is synced. Where folders can't be, that is the best there is.
  package static func syncFolder(of path: FilePath) {
    let folder = path.removingLastComponent()
    let name = folder.isEmpty ? FilePath(".") : folder
    guard let descriptor = try? FileDescriptor.open(name, .readOnly, options: [.closeOnExec]) else {
      return
    }
    _ = fsync(descriptor.rawValue)
    try? descriptor.close()
  }
}

/// Renames without replacing, also on file systems that can't do both in one step.
private func renameExclusively(
  _ from: UnsafePointer<CChar>, _ to: UnsafePointer<CChar>
) -> Int32 {
  let result = unsafe linux_rename_exclusively(from, to)
  guard result != 0, Glibc.errno == EINVAL else { return result }
  guard unsafe link(from, to) == 0 else {
    // No hard links either (FAT, some network shares): look, then rename.
    guard Glibc.errno != EEXIST else { return -1 }
    guard unsafe access(to, F_OK) != 0 else {
      Glibc.errno = EEXIST
      return -1
    }
    return unsafe rename(from, to)
  }
  return unsafe unlink(from)
}
