public import CoreIO
package import SystemPackage

/// The way in which an input came, and what that tells of it. Nothing of it goes into the output.
public struct WayIn: Hashable, Sendable {
  /// Where its bytes were.
  public enum Kind: String, Hashable, Sendable {
    /// In a file that can be read at every place.
    case file
    /// In a pipe or a socket, which give each byte once.
    case pipe
  }

  /// Where its bytes were.
  public package(set) var kind: Kind
  /// What the dump was packed in; nil for none.
  public package(set) var packing: Packing?
  /// How a stream ended. Of a file that is not packed, always whole.
  public package(set) var ending = StreamEnding.whole
  /// What stands behind the core in the bundle that it came in.
  public package(set) var rest = StreamRest()
  /// Whether checksums vouch for all that came out of a packed stream.
  public package(set) var isChecked = false
  /// How many zeros stand behind a packed stream that ended where it should.
  public package(set) var zerosBehind: UInt64 = 0
  /// What systemd-coredump wrote beside the core: `user.coredump.` names and their values, raw.
  public package(set) var attributes: [String: [UInt8]] = [:]
  /// How many zeros the input ends with, where that is a page at least.
  public package(set) var zeroTail: UInt64 = 0
  /// Bytes that could not be read.
  public package(set) var unreadable: UInt64 = 0
  /// What there is to say of the archive that it was in, in words.
  public package(set) var archiveRemarks: [String] = []
  /// Whether all of it stands in its place.
  public package(set) var offsets = OffsetSurvey()
  /// Whether what didn't was put back.
  public package(set) var isMended = false
  /// Bytes after the end that an interrupted repair in place left: they were ignored.
  public package(set) var ignoredTail: UInt64 = 0

  /// When the process died, by what is around the input: systemd's attribute, the file's time, an archive's manifest.
  package var died: DeathTime?

  package init(kind: Kind) { self.kind = kind }

  package init(_ file: InputFile) {
    self.init(kind: .file)
    for name in file.hasAttributes ? Self.attributeNames : [] {
      attributes[name] = file.attribute("user.coredump." + name)
    }
    ignoredTail = file.identity.size - file.size
    died = attributes["timestamp"].flatMap { DeathTime(attribute: $0) }
    // What an interrupted repair left is younger than the core.
    if died == nil, ignoredTail == 0 { died = DeathTime(modified: file.identity) }
  }

  /// Whether anything is wrong with the stream that it came in, be it behind the core.
  package var isStreamDamaged: Bool { ending != .whole || isDamagedBehind }

  /// Whether a bundle is damaged behind its core, where it has what vouches for that, if anything does.
  package var isDamagedBehind: Bool { rest.ending != .whole }

  /// The system's reason why a stream ends where it does; nil where it was read to its end.
  package func readFailure(of file: FilePath, at offset: UInt64) -> SalvageError? {
    guard case .unreadable(let errno) = ending else { return nil }
    return SalvageError(.io(errno, call: "read"), file: file, offset: offset)
  }

  /// Source: systemd's coredump.c.
  package static let attributeNames = [
    "pid", "uid", "gid", "signal", "timestamp", "rlimit", "hostname", "comm", "exe",
  ]
}
