package import CoreIO

/// When a process died, and what tells it: no ELF core does.
public struct DeathTime: Hashable, Sendable {
  /// What tells it, the surest first. The raw value is its name in notes, manifests and JSON.
  public enum Source: String, Hashable, Sendable, CaseIterable {
    /// The CAPTURE note: when the kernel handed the crash over.
    case capture
    /// The extended attribute that systemd-coredump gives its files: the kernel's own word.
    case systemd
    /// When the core was last written, by its entry in the bundle that it came in: whole seconds as a rule.
    case bundle
    /// When the core was last written. Whoever copies a core without its time, or restores one, makes that another.
    case mtime
  }

  /// In microseconds since 1970. A file's time before that is 0.
  public let microseconds: UInt64
  /// What tells it.
  public let source: Source

  package init(microseconds: UInt64, _ source: Source) {
    self.microseconds = microseconds
    self.source = source
  }

  package init(modified file: FileIdentity) {
    self.init(microseconds: UInt64(max(0, file.modified)) / 1000, .mtime)
  }

  /// By `user.coredump.timestamp`: digits alone.
  package init?(attribute: [UInt8]) {
    guard (1...19).contains(attribute.count), attribute.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = UInt64(String(decoding: attribute, as: UTF8.self))
    else { return nil }
    self.init(microseconds: number, .systemd)
  }

  /// 1995, when Linux began to write ELF cores, in microseconds. Earlier ones are those of files that were made reproducible,
  /// or of clocks that were never set.
  private static let earliest: UInt64 = 788_918_400_000_000
  /// Clocks of machines differ by a little.
  private static let mostAhead: UInt64 = 300_000_000

  /// Why it can't be right, in words; nil where it may be.
  ///
  /// `now` is in microseconds since 1970.
  public func doubt(now: UInt64) -> String? {
    if microseconds < Self.earliest { return "before any core of Linux was written" }
    return microseconds > now &+ Self.mostAhead ? "in the future" : nil
  }

  /// The same by this machine's clock.
  public var doubt: String? { doubt(now: WallClock.microseconds) }

  /// What of it goes into notes and manifests: nothing that depends on when it is asked.
  package var noteJSON: JSONValue {
    .members(["time": .number(microseconds), "by": .string(source.rawValue)])
  }

  /// From what `noteJSON` gave; nil where that has another shape.
  package init?(json: JSONValue?) {
    guard let time = json?["time"]?.number,
      let source = json?["by"]?.string.flatMap(Source.init(rawValue:))
    else { return nil }
    self.init(microseconds: time, source)
  }
}
