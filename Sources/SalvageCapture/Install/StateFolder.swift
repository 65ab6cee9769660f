internal import CoreIO
internal import Glibc
internal import SystemPackage

/// A folder of what we remember, changed by one process at a time.
enum StateFolder {
  private static let patience = 5.0

  /// Makes it, for all to look into, where it is not there.
  static func make(_ path: FilePath) throws(SalvageError) {
    let result = unsafe path.withPlatformString { unsafe mkdir($0, 0o755) }
    guard result == 0 || Glibc.errno == EEXIST else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "make the folder"), file: path)
    }
  }

  /// Makes it with all folders above it.
  static func makeAll(_ path: FilePath) throws(SalvageError) {
    if FileIdentity(at: path, followingLinks: true) != nil { return }
    let parent = path.removingLastComponent()
    if !parent.isEmpty, parent != path { try makeAll(parent) }
    try make(path)
  }

  static func locked<Value>(
    _ path: FilePath, _ body: () throws(SalvageError) -> Value
  ) throws(SalvageError) -> Value {
    let folder: FileDescriptor
    do {
      folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    } catch {
      throw SalvageError(.io(CoreIO.errno(of: error), call: "open the folder"), file: path)
    }
    defer { try? folder.close() }
    _ = try FileLock.take(.exclusive, on: folder, path, patience: patience)
    return try body()
  }
}
