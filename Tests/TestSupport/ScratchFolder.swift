import Glibc
import SystemPackage
import Synchronization

/// A fresh folder for one test, removed with all that it holds once its last owner lets go, or when
/// the process exits.
public final class ScratchFolder: Sendable {
  /// Where the folder is made.
  public enum Place: Sendable {
    /// `TMPDIR`, else `/tmp`.
    case temporary
    /// `/dev/shm` where it can be written: memory, not disk. Else as `temporary`.
    case memory
  }

  public let path: FilePath

  public init(in place: Place = .temporary) throws {
    var parent = FilePath(Environment["TMPDIR"] ?? "/tmp")
    if place == .memory, access("/dev/shm", W_OK | X_OK) == 0 { parent = "/dev/shm" }
    var template = Array(parent.appending("coresalvage-test.XXXXXX").string.utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ReferenceError.system("mkdtemp in \(parent)", errno)
    }
    path = FilePath(
      String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    Self.living.withLock { _ = $0.insert(path) }
    _ = Self.removalAtExit
  }

  deinit {
    Self.living.withLock { _ = $0.remove(path) }
    FileTree.remove(path)
  }

  /// The path of a file in the folder, whether or not it exists.
  public func file(_ name: String) -> FilePath { path.appending(name) }

  /// Writes a file into the folder, and gives its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
    let path = file(name)
    let descriptor = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
    try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
    // What is made of equal files is equal.
    try FileTree.setModified(path, microseconds: Self.time)
    return path
  }

  /// When each file of a run was written, as far as anybody can see: when the run began.
  private static let time = UInt64(Glibc.time(nil)) * 1_000_000

  /// A folder in the folder.
  @discardableResult
  public func makeFolder(_ name: String) throws -> FilePath {
    let path = file(name)
    guard mkdir(path.string, 0o755) == 0 else {
      throw ReferenceError.system("mkdir \(path)", errno)
    }
    return path
  }

  /// The names in the folder, sorted: for tests that nothing was left behind.
  public func names() throws -> [String] { try FileTree.names(in: path) }

  private static let living = Mutex<Set<FilePath>>([])
  /// `exit` runs no deinit of what a static property still holds.
  private static let removalAtExit: Void = {
    atexit { ScratchFolder.living.withLock { $0.forEach(FileTree.remove) } }
  }()
}
