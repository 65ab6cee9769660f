internal import CoreIO
internal import Synchronization
internal import SystemPackage

/// The libraries that were looked at last: the cores of one machine have most of theirs in common.
enum ModuleCache {
  private struct Key: Hashable {
    let path: FilePath
    /// Whose root it begins with, where that is not this machine's.
    let root: FilePath?
    /// Whose rights it was opened with.
    let reader: FileReader
  }

  private static let files = Mutex<[Key: ModuleFile]>([:])
  private static let mostFiles = 256

  /// A file that is still the same one, unchanged.
  static func file(
    _ path: FilePath, below root: FilePath?, _ reader: FileReader
  ) -> ModuleFile? {
    guard let file = files.withLock({ $0[Key(path: path, root: root, reader: reader)] }),
      FileIdentity(at: path, followingLinks: true) == file.identity
    else { return nil }
    return file
  }

  static func keep(_ file: ModuleFile, _ path: FilePath, _ reader: FileReader) {
    // A link leads elsewhere there than here.
    guard file.path == path else { return }
    files.withLock { files in
      if files.count >= mostFiles { files = [:] }
      files[Key(path: path, root: file.root, reader: reader)] = file
    }
  }
}
