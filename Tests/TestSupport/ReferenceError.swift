/// What the reference reader, or one of the programs it calls, found wrong, in words for the log of
/// a failed test.
public struct ReferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) {
    self.message = message
  }

  public var description: String { message }

  /// "name: the system's words", for a system call that failed just now.
  static func system(_ name: String, _ number: Int32) -> ReferenceError {
    ReferenceError("\(name): \(ErrorText.of(number))")
  }
}
