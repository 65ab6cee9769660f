internal import CoreIO
internal import Glibc
public import SystemPackage

/// A file that installing writes.
public struct InstalledFile: Hashable, Sendable {
  /// Where, on the machine that it is for.
  public let path: FilePath
  /// What is in it.
  public let content: Content

  /// What a file is.
  public enum Content: Hashable, Sendable {
    /// Text; its first line is the mark by which `uninstall` knows it.
    case text(String)
    /// A link, to there.
    case link(FilePath)
  }

  init(_ path: FilePath, _ content: Content) {
    self.path = path
    self.content = content
  }

  /// The first line of each file of ours.
  static let mark =
    "# Written by coresalvage capture install. coresalvage capture uninstall removes it."

  func write(below root: FilePath) throws(SalvageError) {
    let place = root.pushing(FilePath(root: nil, path.components))
    try StateFolder.makeAll(place.removingLastComponent())
    switch content {
    case .text(let text):
      // What somebody else wrote there stays.
      if FileIdentity(at: place, followingLinks: false) != nil, !Self.isOurs(place) {
        throw SalvageError(.outputExists, file: place)
      }
      let file = try OutputFile(place, sparing: InputSet(), replacing: true)
      try file.write(Array(text.utf8), at: 0)
      _ = fchmod(file.descriptor.rawValue, 0o644)
      try file.publish()
    case .link(let target):
      let result = unsafe place.withPlatformString { name in
        unsafe target.withPlatformString { unsafe symlink($0, name) }
      }
      guard result == 0 || Glibc.errno == EEXIST && Self.target(place) == target else {
        throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "link"), file: place)
      }
    }
  }

  /// Whether a file has our mark.
  static func isOurs(_ path: FilePath) -> Bool {
    SmallFile.bytes(of: path)?.starts(with: mark.utf8) == true
  }

  /// Where a link leads.
  static func target(_ path: FilePath) -> FilePath? {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe path.withPlatformString { name in
      unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe buffer.baseAddress.map {
          unsafe readlink(name, $0.assumingMemoryBound(to: CChar.self), buffer.count)
        } ?? 0
      }
    }
    return count > 0 ? FilePath(bytes: Array(bytes[..<count])) : nil
  }
}
