import Glibc
import SystemPackage

/// How much memory a child process had resident at its peak.
///
/// `ru_maxrss` alone won't do: posix_spawn starts the child in our own memory, and what we had
/// resident then counts as the child's even after exec. A value above our own peak is the child's;
/// otherwise the last VmHWM seen in `/proc`, which starts anew at exec, is the best there is. It
/// misses what the child grew by in its last 10 ms (1 ms in a run of less than 100 ms).
enum ProcessMemory {
  static func peak(of process: pid_t) -> UInt64? {
    let path = FilePath("/proc/\(process)/status")
    guard let bytes = try? ReferenceSource.contents(of: path) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { UInt64($0) }
        .map { $0 * 1024 }
    }
    return nil
  }

  static func peak(_ usage: rusage, sampled: UInt64) -> UInt64 {
    let reported = UInt64(usage.ru_maxrss) * 1024
    guard sampled > 0, reported <= peak(of: getpid()) ?? 0 else { return reported }
    return sampled
  }
}
