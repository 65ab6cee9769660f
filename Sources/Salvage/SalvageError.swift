public import SystemPackage

/// Why a salvage stopped. Damage is no error: it is a finding in the damage map, and the work goes on.
///
/// It names the file, and where that helps the offset, what was expected and what was found.
public struct SalvageError: Error, Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A system call said no.
    case io(Errno, call: String)
    /// These bytes are no core.
    case notACore(expected: String, found: String)
    /// A core of which nothing can be used.
    case beyondRepair(reason: String)
    /// The output is there already and was not to be replaced.
    case outputExists
    /// The output is the input.
    case outputIsInput
    /// The output's place can't take a file.
    case badOutput(reason: String)
  }

  public var kind: Kind
  public var file: FilePath
  public var offset: UInt64?

  public init(_ kind: Kind, file: FilePath, offset: UInt64? = nil) {
    self.kind = kind
    self.file = file
    self.offset = offset
  }

  /// The input ends before the size that it had when it was opened.
  static func becameShorter(_ file: FilePath, at offset: UInt64) -> SalvageError {
    SalvageError(.io(.ioError, call: "read (the file became shorter)"), file: file, offset: offset)
  }
}

extension SalvageError: CustomStringConvertible {
  /// One line for people, safe to print.
  public var description: String {
    let place = offset.map { "offset \($0): " } ?? ""
    return "\(PrintableText(file)): \(place)\(words)"
  }

  private var words: String {
    switch kind {
    case .io(let errno, let call): "\(call): \(errno)"
    case .notACore(let expected, let found):
      "not a core: expected \(expected), found \(found)"
    case .beyondRepair(let reason): "beyond repair: \(reason)"
    case .outputExists: "exists already; --force replaces it"
    case .outputIsInput: "is the input itself; give another name for the output"
    case .badOutput(let reason): reason
    }
  }
}
