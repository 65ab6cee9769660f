internal import CLinux
package import CoreIO
internal import CoreModel
internal import Glibc
internal import SystemPackage

/// What can be found out around a core, beyond its bytes. Each part is nil where it can't be had.
package struct Surroundings: Hashable, Sendable {
  /// How the bytes came in.
  package enum Container: Hashable, Sendable {
    /// As a file.
    case none
    /// Out of a compressed stream or an archive that is whole.
    case whole
    /// Out of one that ends early or is damaged; the decoder's words.
    case cut(String)
    /// Once, before a repair, out of one that was damaged: the repair's notes say so.
    case toldByNotes
  }

  package var container = Container.none
  /// What they were packed in; nil for none.
  package var packing: Packing?
  /// Of the core's file system, in bytes: what is free for users, and the size of a block.
  package var freeSpace: UInt64?
  package var blockSize: UInt64?
  /// Whether the file became longer while it was looked at.
  package var isGrowing = false
  /// Whether a process of that id is writing a core now.
  package var isDumping = false
  /// `user.coredump.*`, which systemd-coredump leaves, by the rest of the name.
  package var coredumpAttributes: [String: [UInt8]] = [:]
  /// Whether it is named or lies as systemd-coredump's files do.
  package var isNamedBySystemd = false
  /// The soft limits of this process, which may be those of the one that crashed; nil where unlimited.
  package var coreLimit: UInt64?
  package var fileSizeLimit: UInt64?
  /// What systemd's journal says of the core.
  package var journal: CoredumpMessage?
  /// What the user says that the parent saw.
  package var exitStatus: Int32?

  package init() {}

  /// Looks around a file.
  package init(of input: InputFile) {
    let descriptor = input.descriptor.rawValue
    var free: UInt = 0
    var block: UInt = 0
    if unsafe linux_file_system(descriptor, &free, &block) == 0 {
      freeSpace = UInt64(free)
      blockSize = UInt64(block)
    }
    coredumpAttributes = WayIn(input).attributes
    isNamedBySystemd = Self.isSystemdName(input.path)
    coreLimit = Self.limit(__rlimit_resource_t(RLIMIT_CORE.rawValue))
    fileSizeLimit = Self.limit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue))
  }

  /// Looks again whether the file has become longer, and whether the process of the core still dumps.
  package mutating func lookAgain(_ input: InputFile, processID: UInt32?, name: [UInt8]?) {
    let now = try? FileIdentity(of: input.descriptor, path: input.path)
    isGrowing = now.map { $0.size > input.size } ?? false
    if let processID, let name { isDumping = Self.isDumping(processID, name) }
  }

  private static func limit(_ resource: __rlimit_resource_t) -> UInt64? {
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur != rlim_t.max else { return nil }
    return UInt64(limit.rlim_cur)
  }

  /// `core.COMM.UID.BOOTID.PID.TIMESTAMP`, also with the suffix of a compression.
  private static func isSystemdName(_ path: FilePath) -> Bool {
    guard let name = path.lastComponent?.string else { return false }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if let last = parts.last, ["zst", "lz4", "xz"].contains(last) { parts.removeLast() }
    guard parts.count >= 6, parts[0] == "core" else { return false }
    let tail = parts.suffix(4)
    let boot = tail[tail.startIndex + 1]
    return boot.count == 32 && boot.allSatisfy(\.isHexDigit)
      && tail[tail.startIndex + 2].allSatisfy(\.isNumber)
  }

  /// `CoreDumping: 1` in /proc/PID/status, of a process of the same short name.
  static func isDumping(_ processID: UInt32, _ name: [UInt8]) -> Bool {
    guard
      let file = try? FileDescriptor.open(
        FilePath("/proc/\(processID)/status"), .readOnly, options: [.closeOnExec])
    else {
      return false
    }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe (try? file.read(into: $0)) ?? 0 }
    let lines = bytes[..<count].split(separator: UInt8(ascii: "\n"))
    return lines.first.map { $0.elementsEqual(Array("Name:\t".utf8) + name) } ?? false
      && lines.contains { $0.elementsEqual("CoreDumping:\t1".utf8) }
  }
}
