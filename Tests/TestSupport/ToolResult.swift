/// How a program ended, and all that it wrote.
public struct ToolResult: Sendable, CustomStringConvertible {
  /// What its parent saw.
  public enum Ending: Hashable, Sendable {
    case exit(Int32)
    /// Killed by a signal; `dumpedCore` is the flag that the kernel sets when it wrote a core.
    case signal(Int32, dumpedCore: Bool)
  }

  public var ending: Ending
  public var output: [UInt8]
  public var errorOutput: [UInt8]
  public var processID: Int32
  /// True if it was sent a signal because its time was over.
  public var timedOut: Bool
  public var duration: Duration

  /// The exit status, or nil if a signal ended it.
  public var status: Int32? {
    if case .exit(let status) = ending { status } else { nil }
  }

  /// Standard output as text; invalid UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// Standard error as text.
  public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
  /// Both, line by line.
  public var lines: [String] {
    (text + "\n" + errorText).split(separator: "\n").map(String.init)
  }

  public var description: String {
    let words =
      switch ending {
      case .exit(let status): "exit status \(status)"
      case .signal(let number, let dumped): "signal \(number)\(dumped ? ", core dumped" : "")"
      }
    func shown(_ name: String, _ text: String) -> String {
      text.isEmpty ? "" : "\n\(name):\n\(text.suffix(4000))"
    }
    return "\(words)\(timedOut ? " after its time was over" : "")\(shown("output", text))"
      + shown("errors", errorText)
  }
}
