internal import CLinux
internal import SystemPackage

/// Where a command prints: standard output, or standard error.
public enum StandardStream: Sendable {
  /// Standard output: what was asked for.
  case output
  /// Standard error: what went wrong, and what would be mixed with a core on standard output.
  case errors

  private var stream: OutputStream { self == .output ? Self.standardOutput : Self.standardError }

  private static let standardOutput = OutputStream(.standardOutput, "standard output")
  private static let standardError = OutputStream(.standardError, "standard error")

  /// Writes all of the text as it is, however long that takes.
  public func write(_ text: String) throws(SalvageError) { try stream.write(Array(text.utf8)) }

  /// Writes a value as one line, with its line end.
  public func write(_ value: JSONValue) throws(SalvageError) {
    try value.forEachPart { (part: [UInt8]) throws(SalvageError) in try stream.write(part) }
    try stream.write([UInt8(ascii: "\n")])
  }

  /// Takes those of the descriptors 0, 1 and 2 that the process was started without, so that no file of ours becomes what
  /// others call standard output: a report would go into the repaired core. Reading and writing there goes on to fail.
  ///
  /// To be called before anything is opened.
  public static func hold() { linux_hold_standard_streams() }
}
