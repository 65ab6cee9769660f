internal import CLinux
internal import Glibc
internal import SystemPackage

/// The sync of many files at once, where that is safe and cheap.
///
/// Once all of them are on their way, the first one's fsync(2) carries the others along; but each of the others still ends
/// with a flush of the disk's own cache, and waits for it. syncfs(2) has one flush for all.
package struct GroupSync {
  /// Whether all of them are on the disk, but for those that could not be written.
  private let isDone: Bool

  /// Fewer are synced one by one.
  private static let fewest = 4
  /// So many bytes may wait for disks: all of a file system goes along, somebody else's bytes, too.
  private static let mostWaiting: UInt64 = 64 << 20

  /// Brings the files to the disk together, or leaves each of them to `finish`.
  package init(of files: [OutputFile]) {
    isDone = files.count >= Self.fewest && Self.perform(files)
  }

  private static func perform(_ files: [OutputFile]) -> Bool {
    guard waitingBytes < mostWaiting else { return false }
    for file in files { file.setTime() }
    let devices = files.map { try? FileIdentity(of: $0.descriptor, path: $0.path).device }
    guard devices.allSatisfy({ $0 != nil && $0 == devices[0] }) else { return false }
    return linux_sync_file_system(files[0].descriptor.rawValue) == 0
  }

  /// Waits until one of the files is on the disk.
  package func finish(_ file: OutputFile) throws(SalvageError) {
    guard isDone else { return try file.sync() }
    // The kernel tells whoever asks next of an error in writing a file's bytes, and the sync of all didn't ask.
    let error = linux_await_writeback(file.descriptor.rawValue)
    guard error == 0 else {
      throw SalvageError(.io(Errno(rawValue: error), call: "sync"), file: file.path)
    }
  }

  /// How many bytes wait to be written to any disk; the most there are where that isn't told.
  private static var waitingBytes: UInt64 {
    SmallFile.bytes(of: "/proc/meminfo").map { waitingBytes(in: $0) } ?? .max
  }

  /// The sum of `Dirty:` and `Writeback:`, lines of a number and `kB`.
  package static func waitingBytes(in meminfo: [UInt8]) -> UInt64 {
    var sum: UInt64 = 0
    for name in ["Dirty:", "Writeback:"] {
      let line = meminfo.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: name.utf8) }
      let digits = (line ?? []).filter { (0x30...0x39).contains($0) }
      guard let kibibytes = UInt64(String(decoding: digits, as: UTF8.self)) else { return .max }
      sum &+= kibibytes &* 1024
    }
    return sum
  }
}
