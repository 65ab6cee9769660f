internal import Glibc
package import SystemPackage

/// Which process on which machine: what a claim says of its owner.
package struct ProcessMark: Hashable, Sendable {
  package var host: String
  /// The kernel's number for this start of the machine; empty where it can't be had.
  package var boot: String
  /// Process numbers mean something in their namespace alone: two containers of one machine may have the same.
  package var namespace: String
  package var process: Int32
  /// When it began, in the kernel's ticks: numbers are used again.
  package var start: UInt64

  /// This process.
  package static let own = ProcessMark(
    host: hostName, boot: bootIdentifier, namespace: link("/proc/self/ns/pid"), process: getpid(),
    start: startTime(of: getpid()) ?? 0)

  /// What can be said of an owner.
  package enum Life: Hashable, Sendable {
    case living, gone
    /// It is where we can't look.
    case unknown
  }

  package var life: Life {
    guard !boot.isEmpty, !namespace.isEmpty, boot == Self.own.boot,
      namespace == Self.own.namespace
    else { return .unknown }
    if let began = Self.startTime(of: process) { return began == start ? .living : .gone }
    // /proc may hide the processes of others (hidepid); a signal finds them.
    guard !Self.isZombie(process), kill(process, 0) == 0 || Glibc.errno != ESRCH else {
      return .gone
    }
    return .unknown
  }

  // MARK: As text

  private static let title = "coresalvage claim 1"

  package var text: String {
    """
    \(Self.title)
    host \(host)
    boot \(boot)
    namespace \(namespace)
    process \(process)
    start \(start)

    """
  }

  /// nil for what is no claim of ours, or not all of one.
  package init?(text: [UInt8]) {
    let lines = String(decoding: text, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == Self.title[...], lines.last == "" else { return nil }
    var values: [Substring: Substring] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
    guard let host = values["host"], let boot = values["boot"], let space = values["namespace"],
      let process = values["process"].flatMap({ Int32($0) }),
      let start = values["start"].flatMap({ UInt64($0) })
    else { return nil }
    self.init(
      host: String(host), boot: String(boot), namespace: String(space), process: process,
      start: start)
  }

  package init(host: String, boot: String, namespace: String, process: Int32, start: UInt64) {
    self.host = host
    self.boot = boot
    self.namespace = namespace
    self.process = process
    self.start = start
  }

  // MARK: What the kernel tells

  private static var hostName: String {
    unsafe text { unsafe gethostname($0, $1 - 1) == 0 ? $1 : 0 }
  }

  private static var bootIdentifier: String {
    let bytes = SmallFile.bytes(of: "/proc/sys/kernel/random/boot_id") ?? []
    return PrintableText(bytes.prefix { $0 != UInt8(ascii: "\n") }).description
  }

  private static func link(_ path: String) -> String {
    unsafe text { unsafe readlink(path, $0, $1 - 1) }
  }

  /// What a call puts into a buffer, up to a zero.
  private static func text(_ fill: (UnsafeMutablePointer<CChar>, Int) -> Int) -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe fill($0, buffer.count) } ?? 0
    }
    let filled = bytes.prefix(max(0, count)).prefix { $0 != 0 }
    return PrintableText(filled.map(UInt8.init(bitPattern:))).description
  }

  /// Field 22 of /proc/PID/stat; nil where there is none to be seen, or only what its parent has not yet waited for.
  private static func startTime(of process: Int32) -> UInt64? {
    let fields = fields(of: process)
    guard fields.count > 19, fields[0] != "Z" else { return nil }
    return UInt64(fields[19])
  }

  private static func isZombie(_ process: Int32) -> Bool { fields(of: process).first == "Z" }

  /// The fields of /proc/PID/stat from the third on: those that follow the name, which may hold anything.
  private static func fields(of process: Int32) -> [String] {
    guard let bytes = SmallFile.bytes(of: FilePath("/proc/\(process)/stat")),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return [] }
    return bytes[(end + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Files that are a few lines long.
package enum SmallFile {
  /// At most 4 KiB of a file; nil where it can't be read. No link is followed, and nobody is waited for.
  package static func bytes(of path: FilePath) -> [UInt8]? {
    guard
      let file = try? FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking])
    else { return nil }
    defer { try? file.close() }
    return bytes(of: file)
  }

  package static func bytes(of file: FileDescriptor) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = try? unsafe bytes.withUnsafeMutableBytes {
      try unsafe file.read(fromAbsoluteOffset: 0, into: $0)
    }
    return count.map { Array(bytes[..<$0]) }
  }
}
