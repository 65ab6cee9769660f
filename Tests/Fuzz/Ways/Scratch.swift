import CoreIO
import Glibc
import SystemPackage

/// Files in memory, for the ways that change a file or write one.
enum Scratch {
  /// A folder of this process's own.
  static let folder: FilePath = {
    let path = FilePath("/dev/shm/coresalvage-fuzz.\(getpid())")
    mkdir(path.string, 0o700)
    atexit { _ = try? Scratch.removeAll() }
    return path
  }()

  static let input = folder.appending("input")
  static let output = folder.appending("output")

  private static func removeAll() throws {
    for path in [input, output] { unlink(path.string) }
    rmdir(folder.string)
  }

  /// Makes `input` a file of these bytes.
  static func put(_ bytes: [UInt8]) {
    let file = try? FileDescriptor.open(
      input, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    guard let file else { fatalError("no room in \(folder)") }
    defer { try? file.close() }
    guard (try? file.writeAll(bytes)) == bytes.count else { fatalError("no room in \(folder)") }
  }

  /// Whether the file has these bytes and no others.
  static func holds(_ bytes: [UInt8]) -> Bool {
    guard let file = try? InputFile(input), file.identity.size == UInt64(bytes.count),
      let found = try? file.bytes(at: 0, count: max(bytes.count, 1))
    else { return false }
    // Of a file that ends in a journal, `size` is what it was before.
    return found == Array(bytes.prefix(found.count))
  }
}
