public import CoreIO
public import SystemPackage

extension Verification {
  /// The archives that a path names: itself, or those in and below a folder, in the order of their names. No symbolic link in
  /// a folder is followed. A folder without any is an error: whoever has it checked takes its archives for sound.
  public static func archives(at path: FilePath) -> [Result<FilePath, SalvageError>] {
    guard FileIdentity(at: path, followingLinks: true)?.isDirectory == true else {
      return [.success(path)]
    }
    var found: [Result<FilePath, SalvageError>] = []
    var walk = FolderWalk([.init(path: path)], .byName)
    while let find = walk.next() {
      switch find {
      case .file(let file):
        if OutputName.isArchive(file.name) { found.append(.success(file.path)) }
      case .failure(let error): found.append(.failure(error))
      case .other: continue
      }
    }
    return found.isEmpty ? [.failure(SalvageError(.noArchives, file: path))] : found
  }
}
