import CoreIO
import Glibc
import SystemPackage
import Testing
import TestSupport

/// What `WriteTurn` leaves in the page cache, and what it makes of a disk that fails behind the copy.
@Suite("a long copy")
struct WriteTurnTests {
  private final class Existing: WritableFile {
    let path: FilePath
    let descriptor: FileDescriptor

    init(_ path: FilePath) throws {
      self.path = path
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: .create, permissions: .ownerReadWrite)
    }

    deinit { try? descriptor.close() }
  }

  private static let mebibyte = 1 << 20

  private static func copy(_ mebibytes: Int, into file: Existing) throws {
    let turn = WriteTurn(file)
    for number in 0..<mebibytes {
      let bytes = [UInt8](repeating: UInt8(1 + number % 255), count: mebibyte)
      let start = UInt64(number * mebibyte)
      try turn.write(start..<start + UInt64(bytes.count)) { () throws(SalvageError) in
        try file.write(bytes, at: start)
      }
    }
  }

  /// How many pages of each mebibyte are in the page cache.
  private static func cached(_ file: Existing, _ mebibytes: Int) throws -> [Int] {
    let size = mebibytes * mebibyte
    let memory = try #require(
      mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor.rawValue, 0))
    try #require(memory != MAP_FAILED)
    defer { munmap(memory, size) }
    var pages = [UInt8](repeating: 0, count: size / 4096)
    try #require(mincore(memory, size, &pages) == 0)
    return (0..<mebibytes).map { number in
      pages[number * 256..<(number + 1) * 256].count { $0 & 1 == 1 }
    }
  }

  @Test("keeps its beginning and its end in the page cache, and not all between")
  func window() throws {
    let folder = try ScratchFolder()
    let file = try Existing(folder.file("copy"))
    try Self.copy(160, into: file)
    let cached = try Self.cached(file, 160)
    // A file system in memory has nowhere else to keep them.
    let kind = try Tool("stat", ["-f", "-c", "%T", folder.path.string]).runSuccessfully().text
    guard !kind.contains("tmpfs") else { return }
    #expect(cached.prefix(8).allSatisfy { $0 == 256 })
    #expect(cached.suffix(56).allSatisfy { $0 == 256 })
    #expect(cached.dropFirst(8).prefix(72).allSatisfy { $0 == 0 })
    for number in [0, 50, 159] {
      let start = UInt64(number * Self.mebibyte)
      let bytes = try InputFile(file.path).bytes(at: start, count: Self.mebibyte)
      #expect(bytes.allSatisfy { $0 == UInt8(1 + number % 255) })
    }
  }

  /// The kernel tells such an error once: not to fsync any more, where it was told before.
  @Test(
    "ends where the disk could not write what was dropped behind it", .needs(.root),
    .needs(.mounts), .needs(.tool("filefrag")), .needs(.tool("mkfs.ext4")))
  func failedWriteback() throws {
    let folder = try ScratchFolder()
    let script = """
      set -e; cd "$1"; mkdir memory mnt
      mount -t tmpfs -o size=300m none memory
      truncate -s 200M memory/disk; mkfs.ext4 -q -O ^has_journal -b 4096 memory/disk
      mount -o loop memory/disk mnt
      dd if=/dev/zero of=mnt/file bs=1M count=128 status=none; sync -f mnt
      filefrag -v mnt/file | awk '/^ *[0-9]+:/ { gsub(/[.:]+/, " "); print $4, $6 }' |
        while read -r start count; do
          fallocate -p -o $((start * 4096)) -l $((count * 4096)) memory/disk
        done
      cat /dev/zero >memory/filling 2>/dev/null || true
      """
    defer {
      for name in ["mnt", "memory"] {
        _ = try? Tool("umount", [folder.file(name).string]).run()
      }
    }
    try Tool("bash", ["-c", script, "bash", folder.path.string]).runSuccessfully()
    let file = try Existing(folder.file("mnt/file"))
    let error = #expect(throws: SalvageError.self) { try Self.copy(128, into: file) }
    guard case .io(_, "sync") = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
