internal import CoreIO
internal import Glibc
public import SystemPackage

/// What a machine has for crashes, as far as installing depends on it.
public struct DumpMachine: Hashable, Sendable {
  /// What a core_pattern can be: `file`, `pipe`, `socket`; nil where the kernel doesn't say (before 6.17).
  public var modes: [String]?
  /// Whether systemd is its first process; for a tree that is not running, whether it has systemd.
  public var hasSystemd: Bool
  /// Others that set a core_pattern of theirs.
  public var rivals: [PatternRival]

  /// Whether crashes can come by a socket with all that we need of it.
  public var hasSockets: Bool { modes?.contains("socket") == true }

  /// This machine's kernel, and what lies below `root`.
  public init(root: FilePath = "/") {
    let line = SmallFile.bytes(of: DumpSettings.folder.appending("core_modes"))
    modes = line.map { bytes in
      bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        .map { PrintableText($0).description }
    }
    let sign: FilePath = root == "/" ? "/run/systemd/system" : "usr/lib/systemd/systemd"
    hasSystemd = FileIdentity(at: root.pushing(sign), followingLinks: true) != nil
    rivals = PatternRival.all(below: root)
  }

  package init(modes: [String]?, hasSystemd: Bool, rivals: [PatternRival] = []) {
    self.modes = modes
    self.hasSystemd = hasSystemd
    self.rivals = rivals
  }
}
