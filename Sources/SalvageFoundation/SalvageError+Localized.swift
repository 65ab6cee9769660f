public import CoreIO
public import FoundationEssentials

/// For those who have Foundation: `localizedDescription` is the error's own sentence.
extension SalvageError: LocalizedError {
  /// The error's own line: what is wrong, with which file, and where.
  public var errorDescription: String? { description }
}
