import Glibc
import SystemPackage

/// Folders: what is in them, and how to be rid of them.
public enum FileTree {
  /// The names in a folder, sorted, without "." and "..".
  public static func names(in folder: FilePath) throws -> [String] {
    guard let stream = opendir(folder.string) else {
      throw ReferenceError.system("opendir \(folder)", errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file or a folder with all that it holds. What can't be removed stays.
  public static func remove(_ path: FilePath) {
    guard unlink(path.string) != 0, errno != ENOENT else { return }
    for name in (try? names(in: path)) ?? [] { remove(path.appending(name)) }
    rmdir(path.string)
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

  public static func size(_ path: FilePath) throws -> UInt64 { UInt64(try status(path).st_size) }

  /// Bytes that the file takes up on disk, holes left out.
  public static func allocated(_ path: FilePath) throws -> UInt64 {
    UInt64(try status(path).st_blocks) * 512
  }
}
