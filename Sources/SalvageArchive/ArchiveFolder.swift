package import CoreIO
internal import Glibc
package import SystemPackage

/// The archives that a path names: itself, or those in and below a folder.
package enum ArchiveFolder {
  package static let nameEnding = ".core.lz4"

  private static let nameBytes = Array(nameEnding.utf8)

  /// In the order of their names. No symbolic link in a folder is followed. A folder without any is an error: whoever has it
  /// checked takes its archives for sound.
  package static func archives(at path: FilePath) -> [Result<FilePath, SalvageError>] {
    guard let identity = FileIdentity(at: path, followingLinks: true), identity.isDirectory else {
      return [.success(path)]
    }
    let found = entries(depth: 0) { () throws(SalvageError) in
      try WalkedFolder(path, relativePath: "")
    }
    return found.isEmpty ? [.failure(SalvageError(.noArchives, file: path))] : found
  }

  /// Deeper folders than this are a loop that a mount made.
  private static let deepest = 64

  private static func entries(
    depth: Int, open: () throws(SalvageError) -> WalkedFolder
  ) -> [Result<FilePath, SalvageError>] {
    var found: [Result<FilePath, SalvageError>] = []
    do throws(SalvageError) {
      let folder = try open()
      guard depth <= deepest else {
        throw SalvageError(
          .io(.fileNameTooLong, call: "enter (more than \(deepest) folders in each other)"),
          file: folder.path)
      }
      var names: [(name: FilePath.Component, kind: UInt32)] = []
      // What was listed before an error counts.
      var failure: SalvageError?
      do throws(SalvageError) {
        while let next = try folder.next() { names.append(next) }
      } catch {
        failure = error
      }
      for (name, kind) in names.sorted(by: {
        $0.name.bytes.lexicographicallyPrecedes($1.name.bytes)
      }) {
        if kind == S_IFDIR {
          found += entries(depth: depth + 1) { () throws(SalvageError) in
            try WalkedFolder(name, in: folder)
          }
        } else if kind == S_IFREG, name.bytes.suffix(nameBytes.count).elementsEqual(nameBytes) {
          found.append(.success(folder.path.appending(name)))
        }
      }
      if let failure { throw failure }
    } catch {
      found.append(.failure(error))
    }
    return found
  }
}
