internal import SystemPackage

/// Files of this machine that a core names. The names are chosen by strangers: only regular files are opened, for a
/// device might act on it.
package enum LocalFile {
  /// The file of an absolute path, or nil where there is none that can be read.
  package static func open(_ path: [UInt8]) -> InputFile? {
    guard let path = filePath(path), let identity = FileIdentity(at: path, followingLinks: true),
      identity.isRegular
    else { return nil }
    return try? InputFile(path)
  }

  /// Whether there is a file of that path.
  package static func exists(_ path: [UInt8]) -> Bool {
    filePath(path).flatMap { FileIdentity(at: $0, followingLinks: true) } != nil
  }

  private static func filePath(_ path: [UInt8]) -> FilePath? {
    guard path.first == UInt8(ascii: "/"), !path.contains(0) else { return nil }
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    return FilePath(platformString: terminated)
  }
}
