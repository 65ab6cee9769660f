package import CoreIO
internal import Glibc
package import SystemPackage

/// The files below some folders, found one by one as they are asked for. However many there are, only the folders on the
/// way down to the present one are held.
///
/// No link is followed, so there is no way round in circles; nothing but folders is opened.
package struct FolderWalk: Sendable {
  /// What is found.
  package enum Find: Sendable {
    case file(FoundFile)
    /// No regular file, by its `st_mode`.
    case other(UInt32)
    case failure(SalvageError)
  }

  private var roots: ArraySlice<Root>
  private let recursive: Bool
  private let output: FileIdentity?
  private var folders: [WalkedFolder] = []

  /// A folder to begin with, and where its files go below the output folder.
  package struct Root: Hashable, Sendable {
    package var path: FilePath
    package var relativePath: FilePath
  }

  /// Deeper than a path that the kernel takes can sensibly be; each level holds a descriptor.
  private static let deepest = 256

  /// - Parameter output: a folder that is not entered, for it holds what we write.
  package init(_ roots: [Root], recursive: Bool, leavingOut output: FileIdentity?) {
    self.roots = roots[...]
    self.recursive = recursive
    self.output = output
  }

  /// The next find; nil at the end.
  package mutating func next() -> Find? {
    while true {
      guard let folder = folders.last else {
        guard let root = roots.popFirst() else { return nil }
        do throws(SalvageError) {
          folders = [try WalkedFolder(root.path, relativePath: root.relativePath)]
        } catch {
          return .failure(error)
        }
        continue
      }
      do throws(SalvageError) {
        guard let (name, kind) = try folder.next() else {
          folders.removeLast()
          continue
        }
        // Our own temporary files and claims come and go, in this run or in another.
        if TemporaryName.parts(of: name) != nil { continue }
        switch kind {
        case S_IFREG: return .file(FoundFile(folder: folder, name: name))
        case S_IFDIR: try enter(name, in: folder)
        default: return .other(kind)
        }
      } catch {
        // A folder that can't be read on must not be asked again for ever.
        if error.file == folder.path { folders.removeLast() }
        // Gone since it was listed.
        if case .io(.noSuchFileOrDirectory, _) = error.kind { continue }
        return .failure(error)
      }
    }
  }

  private mutating func enter(
    _ name: FilePath.Component, in folder: WalkedFolder
  ) throws(SalvageError) {
    guard recursive else { return }
    guard folders.count < Self.deepest else {
      throw SalvageError(
        .io(.fileNameTooLong, call: "enter (more than \(Self.deepest) folders in each other)"),
        file: folder.path.appending(name))
    }
    let entered = try WalkedFolder(name, in: folder)
    if let output, entered.identity.isSameFile(as: output) { return }
    folders.append(entered)
  }
}
