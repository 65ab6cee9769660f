internal import CLinux
internal import Glibc
internal import SystemPackage

/// Small files in an open folder of /proc, each read once.
enum ProcFile {
  /// At most the first `most` bytes of a file; nil where it can't be read. A link is not followed.
  static func contents(_ name: String, in folder: FileDescriptor, most: Int) -> [UInt8]? {
    let number = unsafe linux_open_entry(folder.rawValue, name)
    guard number >= 0 else { return nil }
    let file = FileDescriptor(rawValue: number)
    defer { try? file.close() }
    var result: [UInt8] = []
    var part = [UInt8](repeating: 0, count: min(most, 4096))
    while result.count < most {
      let wanted = min(part.count, most - result.count)
      let count = try? unsafe part.withUnsafeMutableBytes {
        try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
      }
      // A process that ends while it is read has no more to say: what there is stays.
      guard let count else { return result.isEmpty ? nil : result }
      guard count > 0 else { break }
      result += part[..<count]
    }
    return result
  }

  /// The same without the line's end.
  static func line(_ name: String, in folder: FileDescriptor, most: Int = 4096) -> [UInt8]? {
    guard var bytes = contents(name, in: folder, most: most) else { return nil }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return bytes
  }

  /// Where a link leads, as the kernel words it; nil where there is none.
  static func target(_ name: String, in folder: FileDescriptor) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe buffer.baseAddress.map {
        unsafe readlinkat(
          folder.rawValue, name, $0.assumingMemoryBound(to: CChar.self), buffer.count)
      } ?? 0
    }
    return count > 0 ? Array(bytes[..<count]) : nil
  }
}
