import Glibc
import SystemPackage

/// Folders: what is in them, and how to be rid of them.
public enum FileTree {
  /// The names in a folder, sorted, without "." and "..".
  public static func names(in folder: FilePath) throws -> [String] {
    try components(in: folder).map(\.string).sorted()
  }

  /// The same as they are, for names need not be text. In no order.
  public static func components(in folder: FilePath) throws -> [FilePath.Component] {
    guard let stream = folder.withPlatformString({ opendir($0) }) else {
      throw ReferenceError.system("opendir \(folder)", errno)
    }
    defer { closedir(stream) }
    var names: [FilePath.Component] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        bytes.withMemoryRebound(to: CChar.self) { text in
          text.baseAddress.flatMap { FilePath.Component(platformString: $0) }
        }
      }
      if let name, name.kind == .regular { names.append(name) }
    }
    return names
  }

  /// Removes a file or a folder with all that it holds. What can't be removed stays.
  public static func remove(_ path: FilePath) {
    guard path.withPlatformString({ unlink($0) }) != 0, errno != ENOENT else { return }
    for name in (try? components(in: path)) ?? [] { remove(path.appending(name)) }
    _ = path.withPlatformString { rmdir($0) }
  }

  public static func exists(_ path: FilePath) -> Bool {
    var status = stat()
    return lstat(path.string, &status) == 0
  }

  /// The path without symbolic links.
  public static func realPath(_ path: FilePath) throws -> FilePath {
    guard let real = realpath(path.string, nil) else {
      throw ReferenceError.system("realpath \(path)", errno)
    }
    defer { free(real) }
    return FilePath(String(cString: real))
  }

  /// `stat` of what the path leads to.
  public static func status(_ path: FilePath) throws -> stat {
    var status = stat()
    guard stat(path.string, &status) == 0 else {
      throw ReferenceError.system("stat \(path)", errno)
    }
    return status
  }

  /// When its bytes were last written, in microseconds since 1970.
  public static func modified(_ path: FilePath) throws -> UInt64 {
    let time = try status(path).st_mtim
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }

  /// Lets it be as old as that.
  public static func setModified(_ path: FilePath, microseconds: UInt64) throws {
    let time = timeval(
      tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    guard utimes(path.string, [time, time]) == 0 else {
      throw ReferenceError.system("utimes \(path)", errno)
    }
  }

  public static func size(_ path: FilePath) throws -> UInt64 { UInt64(try status(path).st_size) }

  /// Bytes that the file takes up on disk, holes left out.
  public static func allocated(_ path: FilePath) throws -> UInt64 {
    UInt64(try status(path).st_blocks) * 512
  }
}
