internal import CoreIO
public import SystemPackage

/// Whose a core_pattern is.
public enum PatternOwner: Hashable, Sendable {
  /// Ours, by a socket that a daemon listens at.
  case ourSocket(FilePath)
  /// Ours, started by the kernel for each crash.
  case ourPipe
  /// A handler that we know by its program or its socket: systemd-coredump, apport, abrt, …
  case known(String)
  /// A program that we don't know: its path.
  case program([UInt8])
  /// Another socket.
  case socket([UInt8])
  /// No handler: the kernel writes a file of that name.
  case file([UInt8])
  /// Nobody: no core is written.
  case nobody

  /// By the pattern alone.
  public init(_ pattern: [UInt8]) {
    let text = String(decoding: pattern, as: UTF8.self)
    switch pattern.first {
    case nil: self = .nobody
    case UInt8(ascii: "|"): self = Self.program(text, pattern)
    case UInt8(ascii: "@"):
      let path = pattern.drop { $0 == UInt8(ascii: "@") }
      if text.hasPrefix("@@"), text.contains("/coresalvage") {
        self = .ourSocket(FilePath(bytes: Array(path)))
      } else if text.contains("/systemd/coredump") {
        self = .known("systemd-coredump")
      } else {
        self = .socket(Array(path))
      }
    default: self = .file(pattern)
    }
  }

  private static func program(_ text: String, _ pattern: [UInt8]) -> PatternOwner {
    let words = text.dropFirst().split(separator: " ")
    guard let path = words.first, let name = path.split(separator: "/").last else { return .nobody }
    if name == "coresalvage", words.dropFirst().first == "capture" { return .ourPipe }
    let known: [(part: String, owner: String)] = [
      ("systemd-coredump", "systemd-coredump"), ("apport", "apport"), ("abrt-hook", "abrt"),
      ("minicoredumper", "minicoredumper"), ("crash_reporter", "crash_reporter"),
      ("core-dump-handler", "IBM core-dump-handler"),
    ]
    if let match = known.first(where: { name.contains($0.part) }) { return .known(match.owner) }
    let bytes = pattern.dropFirst().split(separator: UInt8(ascii: " ")).first ?? []
    return .program(Array(bytes))
  }

  /// Whether it is ours.
  public var isOurs: Bool {
    switch self {
    case .ourSocket, .ourPipe: true
    default: false
    }
  }
}
