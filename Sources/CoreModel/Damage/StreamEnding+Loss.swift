internal import CoreIO

extension StreamEnding {
  /// Why the bytes after the end are missing: the stream's fault, or the dump's own.
  package var lossCause: DamageMap.Cause {
    switch self {
    case .whole, .checksumWrong: .pastEnd
    case .cut, .damaged: .damaged
    case .unreadable: .unreadable
    }
  }
}
