import Glibc
import SystemPackage

/// What a file holds, in a line: its size, and SHA-256 over each page of 4 KiB that is not all zero, its offset (64 bits,
/// little-endian) before it. A core of a gigabyte of holes then costs no more than what is in it.
public enum PageDigest {
  private static let pageSize = 4096
  private static let pieceSize = 1 << 20
  // <unistd.h> shows it only with _GNU_SOURCE.
  private static let seekData: Int32 = 3

  public static func line(of path: FilePath) throws -> String {
    "\(try FileTree.size(path)) bytes, pages \(try sha256(pages(of: path)))"
  }

  /// SHA-256 of bytes, in hexadecimal.
  public static func sha256(_ bytes: [UInt8]) throws -> String {
    var tool = Tool("sha256sum")
    tool.input = .bytes(bytes)
    return String(try tool.runSuccessfully().text.prefix(64))
  }

  private static func pages(of path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    defer { try? file.close() }
    var piece = [UInt8](repeating: 0, count: pieceSize)
    var pages: [UInt8] = []
    var position: Int64 = 0
    while true {
      let data = lseek(file.rawValue, off_t(position), seekData)
      guard data >= 0 else { return pages }
      position = Int64(data) / Int64(pageSize) * Int64(pageSize)
      let count = try fill(&piece, from: file, at: position)
      for start in stride(from: 0, to: count, by: pageSize) {
        let page = piece[start..<min(start + pageSize, count)]
        guard !page.isZero else { continue }
        withUnsafeBytes(of: (position + Int64(start)).littleEndian) { pages.append(contentsOf: $0) }
        pages.append(contentsOf: page)
      }
      position += Int64(count)
    }
  }

  /// Fills as much of a piece as the file has.
  private static func fill(
    _ piece: inout [UInt8], from file: FileDescriptor, at offset: Int64
  ) throws -> Int {
    var count = 0
    while count < piece.count {
      let got = try piece.withUnsafeMutableBytes {
        try file.read(
          fromAbsoluteOffset: offset + Int64(count), into: .init(rebasing: $0[count...]))
      }
      guard got > 0 else { break }
      count += got
    }
    return count
  }
}
