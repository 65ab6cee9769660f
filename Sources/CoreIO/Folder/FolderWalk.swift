internal import Glibc
package import SystemPackage

/// The one walk through folders: the files below some of them, found one by one as they are asked for. However many there
/// are, only the folders on the way down to the present one are held, and where they come by name, these folders' names.
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

  package enum Order: Hashable, Sendable {
    case asListed, byName
  }

  private var roots: ArraySlice<Root>
  private let order: Order
  private let recursive: Bool
  private let output: FileIdentity?
  private var levels: [Level] = []

  /// A folder to begin with, and where its files go below the output folder.
  package struct Root: Hashable, Sendable {
    package var path: FilePath
    package var relativePath: FilePath
    /// The one file of the folder that is meant; nil for all.
    package var file: FilePath.Component?

    package init(path: FilePath, relativePath: FilePath = "", file: FilePath.Component? = nil) {
      self.path = path
      self.relativePath = relativePath
      self.file = file
    }
  }

  /// A folder on the way down, and what is still to come of it.
  private struct Level: Sendable {
    let folder: WalkedFolder
    /// The last one first; nil where they come as the folder lists them.
    var names: [(name: FilePath.Component, kind: UInt32)]?
    /// Why these are not all. What was listed before counts.
    var failure: SalvageError?

    init(_ folder: WalkedFolder, _ order: Order) {
      self.folder = folder
      guard order == .byName else { return }
      var names: [(name: FilePath.Component, kind: UInt32)] = []
      do throws(SalvageError) {
        while let next = try folder.next() { names.append(next) }
      } catch {
        failure = error
      }
      self.names = names.sorted { $1.name.bytes.lexicographicallyPrecedes($0.name.bytes) }
    }

    mutating func next() throws(SalvageError) -> (name: FilePath.Component, kind: UInt32)? {
      guard names != nil else { return try folder.next() }
      if let next = names?.popLast() { return next }
      if let failure { throw failure }
      return nil
    }
  }

  /// Deeper than a path that the kernel takes can sensibly be; each level holds a descriptor.
  private static let deepest = 256

  /// - Parameter output: a folder that is not entered, for it holds what we write.
  package init(
    _ roots: [Root], _ order: Order, recursive: Bool = true, leavingOut output: FileIdentity? = nil
  ) {
    self.roots = roots[...]
    self.order = order
    self.recursive = recursive
    self.output = output
  }

  /// The next find; nil at the end.
  package mutating func next() -> Find? {
    while true {
      guard let folder = levels.last?.folder else {
        guard let root = roots.popFirst() else { return nil }
        do throws(SalvageError) {
          let folder = try WalkedFolder(root.path, relativePath: root.relativePath)
          if let file = root.file {
            return .file(FoundFile(folder: folder, name: file, isNamed: true))
          }
          levels = [Level(folder, order)]
        } catch {
          return .failure(error)
        }
        continue
      }
      do throws(SalvageError) {
        guard let (name, kind) = try levels[levels.count - 1].next() else {
          levels.removeLast()
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
        if error.file == folder.path { levels.removeLast() }
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
    guard levels.count < Self.deepest else {
      throw SalvageError(
        .io(.fileNameTooLong, call: "enter (more than \(Self.deepest) folders in each other)"),
        file: folder.path.appending(name))
    }
    let entered = try WalkedFolder(name, in: folder)
    if let output, entered.identity.isSameFile(as: output) { return }
    levels.append(Level(entered, order))
  }
}
