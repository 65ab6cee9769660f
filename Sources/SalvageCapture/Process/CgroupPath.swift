/// The cgroup of a process, and what its path tells by the conventions of systemd and of container engines.
struct CgroupPath: Hashable, Sendable {
  /// From the root of the hierarchy.
  let path: [UInt8]

  init(path: [UInt8]) { self.path = path }

  /// The line of version 2 in /proc/PID/cgroup, else that of systemd's own hierarchy. nil where there is neither, and where
  /// version 2 is only mounted beside the others, with every process in its root.
  init?(file bytes: [UInt8]) {
    var unified: [UInt8]?
    var named: [UInt8]?
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      // A path may hold colons; the two fields before it don't.
      let fields = line.split(
        separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0].elementsEqual("0".utf8), fields[1].isEmpty {
        unified = Array(fields[2])
      } else if fields[1].elementsEqual("name=systemd".utf8) {
        named = Array(fields[2])
      }
    }
    let root = Array("/".utf8)
    guard let path = unified == root ? named ?? unified : unified ?? named else { return nil }
    self.path = path
  }

  private var parts: [ArraySlice<UInt8>] { path.split(separator: UInt8(ascii: "/")) }

  /// The innermost container: docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope, crio-ID.scope, or ID alone.
  var containerID: String? {
    for part in parts.reversed() {
      // The monitor of a container is outside of it.
      let text = String(decoding: part, as: UTF8.self)
      if text.hasPrefix("libpod-conmon-") || text.hasPrefix("crio-conmon-") { continue }
      let runs = part.split { !Self.isHexadecimal($0) }
      if let run = runs.last(where: { $0.count == 64 }) {
        return String(decoding: run, as: UTF8.self)
      }
    }
    return nil
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  /// The innermost service or scope; where there is none, the innermost other unit.
  var unit: [UInt8]? {
    let parts = parts
    func last(_ endings: [String]) -> [UInt8]? {
      parts.last { part in
        endings.contains {
          part.count > $0.utf8.count && part.suffix($0.utf8.count).elementsEqual($0.utf8)
        }
      }.map(Array.init)
    }
    return last([".service", ".scope"]) ?? last([".socket", ".mount", ".swap", ".slice"])
  }
}
