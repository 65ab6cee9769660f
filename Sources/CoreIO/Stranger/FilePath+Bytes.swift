internal import Glibc
package import SystemPackage

extension FilePath {
  /// The path as the kernel sees it: names need not be UTF-8.
  package var bytes: [UInt8] {
    unsafe withPlatformString { unsafe Self.bytes(of: $0) }
  }

  /// A path of raw bytes, which are not always UTF-8.
  package init(bytes: [UInt8]) {
    unsafe self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0])
  }

  /// The same file whatever the folder is in which it is named.
  package var absolute: FilePath {
    guard isRelative, let folder = unsafe getcwd(nil, 0) else { return self }
    defer { unsafe free(folder) }
    return FilePath(bytes: unsafe Self.bytes(of: folder)).pushing(self)
  }

  /// Whether it is named from the current folder, and that was removed: then it leads nowhere.
  package var isOfRemovedFolder: Bool {
    guard isRelative else { return false }
    guard let folder = unsafe getcwd(nil, 0) else { return Glibc.errno == ENOENT }
    unsafe free(folder)
    return false
  }

  fileprivate static func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    let length = unsafe strlen(string)
    return unsafe Array(UnsafeRawBufferPointer(start: string, count: length))
  }
}

extension FileDescriptor {
  /// The path of what is open itself, with no link in it; nil where that can't be had.
  package var ownPath: FilePath? {
    var name = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/fd/\(rawValue)", &name, name.count)
    return count > 0 ? FilePath(bytes: name[..<count].map { UInt8(bitPattern: $0) }) : nil
  }
}

extension FilePath.Component {
  /// The name's bytes.
  package var bytes: [UInt8] {
    unsafe withPlatformString { unsafe FilePath.bytes(of: $0) }
  }

  /// A name of these bytes; nil where they are none, or more than one.
  package init?(_ bytes: [UInt8]) {
    guard !bytes.contains(0) else { return nil }
    let component = unsafe (bytes + [0]).withUnsafeBytes { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        unsafe text.baseAddress.flatMap { unsafe FilePath.Component(platformString: $0) }
      }
    }
    guard let component else { return nil }
    self = component
  }
}
