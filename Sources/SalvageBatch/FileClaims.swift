internal import CLinux
package import CoreIO
internal import Glibc
internal import Synchronization
package import SystemPackage

/// The claims of this process: that it, and nobody else, is making an output.
///
/// One file in the output folder tells who we are; a claim is one more name of it, beside the output. Making a link is
/// atomic on every file system, over the network too, and one touch keeps all claims fresh. Where there are no hard links
/// a claim is a file of its own.
package final class FileClaims: Sendable {
  /// A claim that we have.
  package struct Claim: Hashable, Sendable {
    package let path: FilePath
    fileprivate let isLink: Bool
  }

  private let owner: FilePath
  private let descriptor: FileDescriptor
  private let identity: FileIdentity
  /// Claims that are files of their own.
  private let singles = Mutex<Set<FilePath>>([])
  /// Folders in which somebody else was at work, or had been.
  private let shared = Mutex<Set<FilePath>>([])

  /// How often claims are touched, and how long one stands that nobody touches and whose owner we can't see.
  package static let refreshSeconds = 10.0
  package static let staleSeconds = 60.0

  private static let kind = "claim"

  /// - Parameter folder: where our own file goes.
  package init(in folder: FilePath) throws(SalvageError) {
    let digits = hexadecimal(.random(in: 0...UInt64.max), digits: 16)
    let name = FilePath.Component(Array(".\(TemporaryName.mark)owner-\(digits)".utf8))
    owner = folder.appending(name ?? ".coresalvage-owner")
    do {
      descriptor = try Self.make(owner)
    } catch {
      throw SalvageError(.io(errno(of: error), call: "create"), file: owner)
    }
    do throws(SalvageError) {
      identity = try FileIdentity(of: descriptor, path: owner)
    } catch {
      Interruption.remove(owner)
      try? descriptor.close()
      throw error
    }
  }

  deinit {
    Interruption.remove(owner)
    try? descriptor.close()
  }

  /// A file that says who we are, readable for the other owners of the folder. It says so from its first moment where the
  /// file system lets it: of an empty one, nobody could tell whose it is, nor that a kill has left it.
  private static func make(_ path: FilePath) throws -> FileDescriptor {
    if let file = try makeWhole(path) { return file }
    let made = try Interruption.making(path) {
      try FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
        permissions: Self.permissions)
    }
    guard let file = made else { throw Errno.fileExists }
    do {
      _ = try file.writeAll(ProcessMark.own.text.utf8)
      return file
    } catch {
      Interruption.remove(path)
      try? file.close()
      throw error
    }
  }

  /// nil where the file system gives no names to what has none.
  private static func makeWhole(_ path: FilePath) throws -> FileDescriptor? {
    let folder = path.removingLastComponent()
    let opened = unsafe (folder.isEmpty ? "." : folder).withPlatformString {
      unsafe linux_open_unnamed($0)
    }
    guard opened >= 0 else { return nil }
    let file = FileDescriptor(rawValue: opened)
    do {
      _ = try file.writeAll(ProcessMark.own.text.utf8)
      _ = fchmod(opened, Self.permissions.rawValue)
      let made = try Interruption.making(path) { () throws(Errno) in
        let result = unsafe path.withPlatformString { unsafe linux_link_open_file(opened, $0) }
        if result != 0, Glibc.errno == EEXIST { throw Errno.fileExists }
        return result == 0 ? true : nil
      }
      if made != nil { return file }
    } catch {
      try? file.close()
      throw error
    }
    try? file.close()
    return nil
  }

  private static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]

  // MARK: Taking and releasing

  /// Claims an output; nil where somebody else has it.
  package func take(_ output: FilePath) throws(SalvageError) -> Claim? {
    guard let name = output.lastComponent else {
      throw SalvageError(.badOutput(reason: "is no name for a file"), file: output)
    }
    let path = output.removingLastComponent().appending(TemporaryName.fixed(Self.kind, for: name))
    for _ in 0..<8 {
      if let claim = try makeClaim(path) { return claim }
      guard clearStale(path) else { return nil }
    }
    return nil
  }

  /// nil where there is one already.
  private func makeClaim(_ path: FilePath) throws(SalvageError) -> Claim? {
    var error: Int32 = 0
    let made = Interruption.making(path) {
      let result = unsafe owner.withPlatformString { from in
        unsafe path.withPlatformString { unsafe link(from, $0) }
      }
      if result != 0 { error = Glibc.errno }
      return result == 0 ? Claim(path: path, isLink: true) : nil
    }
    if let made { return made }
    if error == EEXIST { return nil }
    do {
      try Self.make(path).close()
    } catch {
      if errno(of: error) == .fileExists { return nil }
      throw SalvageError(.io(errno(of: error), call: "claim"), file: path)
    }
    singles.withLock { _ = $0.insert(path) }
    return Claim(path: path, isLink: false)
  }

  /// Gives a claim up, unless somebody who took us for gone has taken it over.
  package func release(_ claim: Claim) {
    if !claim.isLink { singles.withLock { _ = $0.remove(claim.path) } }
    if claim.isLink,
      FileIdentity(at: claim.path, followingLinks: false)?.isSameFile(as: identity) != true
    {
      return Interruption.hasLeft(claim.path)
    }
    Interruption.remove(claim.path)
  }

  /// Tells everybody who can't see us that we are still here.
  package func refresh() {
    touch()
    for path in singles.withLock({ $0 }) {
      _ = unsafe path.withPlatformString {
        unsafe utimensat(AT_FDCWD, $0, nil, AT_SYMLINK_NOFOLLOW)
      }
    }
  }

  private func touch() { _ = futimens(descriptor.rawValue, nil) }

  // MARK: Those of others

  /// Removes a claim whose owner is gone. True where it was one, or where there is none any more.
  package func clearStale(_ path: FilePath) -> Bool {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
    } catch {
      meetsOthers(at: path)
      return errno(of: error) == .noSuchFileOrDirectory
    }
    defer { try? file.close() }
    guard let found = try? FileIdentity(of: file, path: path), found.isRegular,
      !found.isSameFile(as: identity)
    else { return false }
    meetsOthers(at: path)
    guard isStale(file, found) else { return false }
    // Two may see that it is stale. With its lock in hand, whoever finds it still there is the one to remove it.
    guard Self.lock(file) else { return false }
    guard FileIdentity(at: path, followingLinks: false)?.isSameFile(as: found) == true else {
      return true
    }
    return unsafe path.withPlatformString { unsafe unlink($0) } == 0 || Glibc.errno == ENOENT
  }

  /// Takes the lock of what a process has left. All its claims are one file, and so is its own: somebody else who has the
  /// lock may be at another name of it, and soon gives it up.
  private static func lock(_ file: FileDescriptor) -> Bool {
    for _ in 0..<1000 {
      if linux_lock(file.rawValue) == 0 || Glibc.errno != EWOULDBLOCK { return true }
      usleep(1000)
    }
    return false
  }

  private func isStale(_ file: FileDescriptor, _ found: FileIdentity) -> Bool {
    switch SmallFile.bytes(of: file).flatMap(ProcessMark.init(text:))?.life {
    case .living?: return false
    case .gone?: return true
    case .unknown?, nil:
      // Both times are the file server's, whatever the clocks of the machines show.
      touch()
      guard let now = try? FileIdentity(of: descriptor, path: owner) else { return false }
      return Double(now.modified &- found.modified) > Self.staleSeconds * 1e9
    }
  }

  // MARK: Leftovers

  private func meetsOthers(at path: FilePath) {
    shared.withLock { _ = $0.insert(path.removingLastComponent()) }
  }

  /// Removes what those have left who were killed while we were at work: wherever somebody else was met, alive or gone, and in
  /// a folder where we may never have met who it was.
  package func cleanShared(and folder: FilePath) {
    for folder in shared.withLock({ $0 }).union([folder]) { clean(folder) }
  }

  /// Removes what killed runs have left in a folder: claims without an owner, files without a writer.
  package func clean(_ folder: FilePath) {
    guard let walked = try? WalkedFolder(folder, relativePath: "") else { return }
    while let (name, kind) = try? walked.next() {
      guard kind == S_IFREG, let (stem, ending) = TemporaryName.parts(of: name) else { continue }
      let path = folder.appending(name)
      if ending == Self.kind || stem.isEmpty {
        _ = clearStale(path)
      } else if ending.utf8.count == 8 {
        removeUnwritten(path, stem: stem)
      }
    }
  }

  /// Removes a temporary file whose writer is gone: its lock is free, and nobody claims what it was to become.
  private func removeUnwritten(_ path: FilePath, stem: [UInt8]) {
    guard let name = FilePath.Component(stem),
      let claim = try? take(path.removingLastComponent().appending(name))
    else { return }
    defer { release(claim) }
    guard
      let file = try? FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
    else { return }
    defer { try? file.close() }
    guard linux_lock(file.rawValue) == 0 else { return }
    _ = unsafe path.withPlatformString { unsafe unlink($0) }
  }
}
