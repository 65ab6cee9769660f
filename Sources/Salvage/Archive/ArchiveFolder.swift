internal import Glibc
package import SystemPackage

/// The archives that a path names: itself, or those in and below a folder.
package enum ArchiveFolder {
  package static let nameEnding = ".core.lz4"

  /// In the order of their names. No symbolic link in a folder is followed.
  package static func archives(at path: FilePath) -> [Result<FilePath, SalvageError>] {
    guard let identity = FileIdentity(at: path, followingLinks: true), identity.isDirectory else {
      return [.success(path)]
    }
    return entries(of: path, depth: 0)
  }

  /// Deeper folders than this are a loop that a mount made.
  private static let deepest = 64

  private static func entries(
    of folder: FilePath, depth: Int
  ) -> [Result<FilePath, SalvageError>] {
    guard let names = names(in: folder) else {
      return [
        .failure(SalvageError(.io(Errno(rawValue: errno), call: "open folder"), file: folder))
      ]
    }
    var found: [Result<FilePath, SalvageError>] = []
    for name in names.sorted() {
      let path = folder.appending(name)
      guard let identity = FileIdentity(at: path, followingLinks: false) else { continue }
      if identity.isDirectory, depth < deepest {
        found += entries(of: path, depth: depth + 1)
      } else if identity.isRegular, name.hasSuffix(nameEnding), !name.hasPrefix(".") {
        found.append(.success(path))
      }
    }
    return found
  }

  private static func names(in folder: FilePath) -> [String]? {
    guard let stream = unsafe folder.withPlatformString({ unsafe opendir($0) }) else { return nil }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
