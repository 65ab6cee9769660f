internal import CoreIO
internal import SystemPackage

/// Whether the machine, and the cgroup of a process, have memory for another one beside it.
enum MemoryRoom {
  /// Whether so many bytes can be had besides all that is in use.
  static func holds(_ size: UInt64, cgroup: [UInt8]) -> Bool {
    guard let available = available(in: contents("/proc/meminfo")), available > size else {
      return false
    }
    let folder = FilePath("/sys/fs/cgroup").appending(
      FilePath(bytes: cgroup).components)
    guard let limit = number(folder.appending("memory.max")),
      let used = number(folder.appending("memory.current"))
    else { return true }
    return limit > used && limit - used > size
  }

  static func available(in text: [UInt8]) -> UInt64? {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count >= 2, words[0].elementsEqual("MemAvailable:".utf8) else { continue }
      return UInt64(String(decoding: words[1], as: UTF8.self)).map {
        $0.multipliedReportingOverflow(by: 1024).partialValue
      }
    }
    return nil
  }

  /// nil for `max`, too.
  private static func number(_ path: FilePath) -> UInt64? {
    let text = contents(path).prefix { $0 != UInt8(ascii: "\n") }
    return UInt64(String(decoding: text, as: UTF8.self))
  }

  private static func contents(_ path: FilePath) -> [UInt8] {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else {
      return []
    }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = unsafe bytes.withUnsafeMutableBytes { (try? unsafe file.read(into: $0)) ?? 0 }
    return Array(bytes[..<count])
  }
}
