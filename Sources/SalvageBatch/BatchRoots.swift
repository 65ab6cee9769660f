internal import CoreIO
internal import Glibc
internal import SystemPackage

/// Where a batch begins: the folders and files that were named, and where the outputs of each go.
enum BatchRoots {
  /// One folder's files keep their paths in it. Of several inputs, each folder's own name goes first. A file goes by its name,
  /// and where others have the same one, below the name of its folder.
  static func roots(_ inputs: [FilePath]) throws(SalvageError) -> [FolderWalk.Root] {
    var roots: [FolderWalk.Root] = []
    for path in inputs {
      guard let root = try root(path, isOnly: inputs.count == 1) else { continue }
      // Named twice is meant once.
      if root.file == nil || !roots.contains(root) { roots.append(root) }
    }
    return try apart(roots)
  }

  private static func root(
    _ path: FilePath, isOnly: Bool
  ) throws(SalvageError) -> FolderWalk.Root? {
    guard let identity = FileIdentity(at: path, followingLinks: true) else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open"), file: path)
    }
    if identity.isDirectory {
      guard !isOnly else { return FolderWalk.Root(path: path) }
      let name =
        path.lastComponent?.kind == .regular ? path.lastComponent : resolved(path)?.lastComponent
      guard let name else {
        throw SalvageError(.badOutput(reason: "has no name for its outputs"), file: path)
      }
      return FolderWalk.Root(path: path, relativePath: FilePath("").appending(name))
    }
    guard identity.isRegular else {
      throw SalvageError(
        .notACore(expected: "a file or a folder", found: identity.kindName), file: path)
    }
    // Files are opened through their folders, and no link is followed there: one that was named is followed here.
    let isLink = FileIdentity(at: path, followingLinks: false)?.isSymbolicLink ?? false
    guard let real = isLink ? resolved(path) : path, let name = real.lastComponent,
      name.kind == .regular
    else { throw SalvageError(.io(.noSuchFileOrDirectory, call: "open"), file: path) }
    let folder = real.removingLastComponent()
    return FolderWalk.Root(path: folder.isEmpty ? "." : folder, file: name)
  }

  /// The same, with the names of their folders before those that are there twice. Throws where that doesn't tell them apart.
  private static func apart(_ roots: [FolderWalk.Root]) throws(SalvageError) -> [FolderWalk.Root] {
    guard roots.count > 1 else { return roots }
    var counts: [FilePath: Int] = [:]
    for root in roots { counts[place(root), default: 0] += 1 }
    var roots = roots
    var known: Set<FilePath> = []
    for index in roots.indices {
      var root = roots[index]
      if counts[place(root), default: 0] > 1, root.file != nil,
        let name = resolved(root.path)?.lastComponent
      {
        root.relativePath = FilePath("").appending(name)
        roots[index] = root
      }
      guard known.insert(place(root)).inserted else {
        throw SalvageError(
          .badOutput(reason: "has the same name as another of the inputs; give them one by one"),
          file: root.file.map { root.path.appending($0) } ?? root.path)
      }
    }
    return roots
  }

  /// Where the outputs go, below the output folder.
  private static func place(_ root: FolderWalk.Root) -> FilePath {
    root.file.map { root.relativePath.appending($0) } ?? root.relativePath
  }

  /// The path without links, `.` and `..`.
  private static func resolved(_ path: FilePath) -> FilePath? {
    let real = unsafe path.withPlatformString { unsafe realpath($0, nil) }
    guard let real = unsafe real else { return nil }
    defer { unsafe free(real) }
    return unsafe FilePath(platformString: real)
  }
}
