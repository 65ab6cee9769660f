internal import CoreIO
internal import Glibc
public import SystemPackage

/// Another one that sets core_pattern: at the machine's start, or when its package is updated.
public struct PatternRival: Hashable, Sendable {
  /// Who.
  public let name: String
  /// The file that does it: one of sysctl.d, or a service.
  public let file: FilePath
  /// What to do so that both can be there, in words.
  public let advice: String
  /// The service of systemd that must not start where we have the socket; nil where an order suffices.
  let masked: String?

  private init(_ name: String, _ file: FilePath, _ advice: String, masked: String? = nil) {
    self.name = name
    self.file = file
    self.advice = advice
    self.masked = masked
  }

  /// All that are found below a root.
  static func all(below root: FilePath) -> [PatternRival] {
    settings(below: root) + services(below: root)
  }

  /// Services that set it themselves.
  private static func services(below root: FilePath) -> [PatternRival] {
    let units: [FilePath] = ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"]
    let known: [(unit: String, name: String, advice: String, isMasked: Bool)] = [
      (
        "systemd-coredump-register.service", "systemd-coredump",
        "masked while coresalvage is installed: it would take the crashes back", true
      ),
      (
        "apport.service", "apport",
        "systemctl disable --now apport, or it takes the crashes back when it is started", false
      ),
      (
        "abrt-ccpp.service", "abrt",
        "systemctl disable --now abrt-ccpp, or it takes the crashes back when it is started", false
      ),
    ]
    return known.compactMap { service in
      let file = units.lazy.map { $0.appending(service.unit) }.first {
        // A link to /dev/null is a service that can't start any more.
        FileIdentity(at: root.pushing($0), followingLinks: true)?.isRegular == true
      }
      return file.map {
        PatternRival(
          service.name, FilePath("/").pushing($0), service.advice,
          masked: service.isMasked ? service.unit : nil)
      }
    }
  }

  /// Files of sysctl.d.
  private static func settings(below root: FilePath) -> [PatternRival] {
    let folders: [FilePath] = [
      "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d",
    ]
    var seen: Set<String> = []
    var result: [PatternRival] = []
    for folder in folders {
      let place = root.pushing(folder)
      // Where /lib is /usr/lib, everything is there twice.
      guard let walked = try? WalkedFolder(place, relativePath: "") else { continue }
      while let (name, _) = try? walked.next() {
        guard name.string.hasSuffix(".conf"), !name.string.contains("coresalvage"),
          sets(place.appending(name)), seen.insert(name.string).inserted
        else { continue }
        result.append(rival(FilePath("/").pushing(folder).appending(name)))
      }
    }
    let file = root.pushing("etc/sysctl.conf")
    if sets(file) { result.append(rival("/etc/sysctl.conf")) }
    return result.sorted {
      ($0.file.lastComponent?.string ?? "") < ($1.file.lastComponent?.string ?? "")
    }
  }

  private static func rival(_ file: FilePath) -> PatternRival {
    let name = file.lastComponent?.string ?? ""
    let owner = name.contains("coredump") ? "systemd-coredump" : "sysctl"
    return PatternRival(
      owner, file,
      "stays: coresalvage sets its own later; after `sysctl --system`, restart coresalvage-capture")
  }

  /// Whether a file of settings has one for core_pattern.
  private static func sets(_ path: FilePath) -> Bool { pattern(in: path) != nil }

  /// The pattern that a file of settings has last.
  static func pattern(in path: FilePath) -> [UInt8]? {
    guard let bytes = SmallFile.bytes(of: path) else { return nil }
    var result: [UInt8]?
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let key = String(decoding: parts[0].filter { $0 != UInt8(ascii: " ") }, as: UTF8.self)
      guard ["kernel.core_pattern", "kernel/core_pattern"].contains(key.drop { $0 == "-" }) else {
        continue
      }
      result = Array(parts[1].drop { $0 == UInt8(ascii: " ") })
    }
    return result
  }
}
