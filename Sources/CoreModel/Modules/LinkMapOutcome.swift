/// What became of the dynamic linker's list of loaded objects.
public enum LinkMapOutcome: Hashable, Sendable {
  /// Nothing was asked for.
  case notTried
  /// It survived whole, and is left as it is.
  case survived
  /// None of its nodes survived; so many were made anew.
  case rebuilt(Int)
  /// Some nodes survived; so many were made anew.
  case completed(Int)
  /// A static program has none, and debuggers need none.
  case notNeeded
  /// It can't be had, for a reason.
  case impossible(String)
}
