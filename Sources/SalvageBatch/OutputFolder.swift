package import CoreIO
internal import Glibc
package import SystemPackage

/// Makes the folders that outputs go into.
package enum OutputFolder {
  /// Makes a folder below another one, whose parents it makes too. None of them is a link, and none is open to more people
  /// than the folder that the inputs are in. None is a folder of inputs either.
  package static func make(
    _ relative: FilePath, below root: FilePath, like input: FileAccess,
    sparing inputs: [FileIdentity]
  ) throws(SalvageError) -> FilePath {
    var path = root
    for component in relative.components where component.kind == .regular {
      path.append(component)
      if try isMade(path, mode: input.mode) { OutputFile.syncFolder(of: path) }
      if let made = FileIdentity(at: path, followingLinks: true),
        inputs.contains(where: made.isSameFile)
      {
        throw isForInputs(path)
      }
    }
    return path
  }

  static func isForInputs(_ path: FilePath) -> SalvageError {
    SalvageError(
      .badOutput(reason: "is a folder of inputs; outputs need one of their own"), file: path)
  }

  /// Makes the output folder itself, with its parents.
  package static func makeRoot(_ path: FilePath, like input: FileAccess) throws(SalvageError) {
    guard FileIdentity(at: path, followingLinks: true) == nil else { return }
    let parent = path.removingLastComponent()
    if !parent.isEmpty, parent != path { try makeRoot(parent, like: input) }
    if try isMade(path, mode: input.mode) { OutputFile.syncFolder(of: path) }
  }

  /// Whether the folder had to be made.
  private static func isMade(_ path: FilePath, mode: UInt32) throws(SalvageError) -> Bool {
    let result = unsafe path.withPlatformString { unsafe mkdir($0, mode | 0o700) }
    if result == 0 { return true }
    let error = Glibc.errno
    guard error == EEXIST, let present = FileIdentity(at: path, followingLinks: false) else {
      throw SalvageError(.io(Errno(rawValue: error), call: "make the folder"), file: path)
    }
    guard present.isDirectory else {
      throw SalvageError(
        .badOutput(reason: "is \(present.kindName); a folder must be there"), file: path)
    }
    return false
  }
}
