import Glibc
import SystemPackage

/// Copies the beginning of a file, holes as holes and data as data: a cut core as the cause of its
/// cut would have left it.
public enum SparseCopy {
  // <unistd.h> shows these only with _GNU_SOURCE.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  /// - Parameter size: bytes to keep; all of them if nil. A size past the end extends with a hole.
  public static func copy(_ source: FilePath, to target: FilePath, size: UInt64? = nil) throws {
    let input = try FileDescriptor.open(source, .readOnly, options: .closeOnExec)
    defer { try? input.close() }
    let output = try FileDescriptor.open(
      target, .readWrite, options: [.create, .truncate, .closeOnExec],
      permissions: [.ownerReadWrite])
    defer { try? output.close() }

    let length = try input.seek(offset: 0, from: .end)
    let size = Int64(size ?? UInt64(length))
    var position: Int64 = 0
    while position < min(size, length) {
      let start = lseek(input.rawValue, off_t(position), seekData)
      guard start >= 0, start < size else { break }
      let end = min(Int64(lseek(input.rawValue, start, seekHole)), size)
      try copy(Int64(start)..<end, from: input, to: output)
      position = end
    }
    guard ftruncate(output.rawValue, off_t(size)) == 0 else {
      throw ReferenceError.system("ftruncate \(target)", errno)
    }
  }

  private static func copy(
    _ range: Range<Int64>, from input: FileDescriptor, to output: FileDescriptor
  ) throws {
    var buffer = [UInt8](
      repeating: 0, count: Int(min(1 << 20, range.upperBound - range.lowerBound)))
    var position = range.lowerBound
    while position < range.upperBound {
      let wanted = Int(min(Int64(buffer.count), range.upperBound - position))
      let got = try buffer.withUnsafeMutableBytes {
        try input.read(fromAbsoluteOffset: position, into: .init(rebasing: $0[..<wanted]))
      }
      guard got > 0 else { throw ReferenceError("the file shrank while it was copied") }
      try buffer.withUnsafeBytes {
        _ = try output.writeAll(toAbsoluteOffset: position, $0[..<got])
      }
      position += Int64(got)
    }
  }
}
