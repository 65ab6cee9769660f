/// A core made by `CoreBuilder`, and where its parts lie.
public struct BuiltCore: Sendable {
  public var bytes: [UInt8]
  public var tableRange: Range<Int>
  /// All notes.
  public var notesRange: Range<Int>
  /// Each note, in the builder's order, header and padding included.
  public var noteRanges: [Range<Int>]
  /// The bytes of each segment, in the builder's order; empty if it was not dumped.
  public var segmentRanges: [Range<Int>]
  /// Section headers, or an empty range at the end.
  public var sectionRange: Range<Int>
  /// The end of the last byte that a program header names.
  public var dueSize: Int

  /// Its first `count` bytes.
  public func cut(to count: Int) -> [UInt8] { Array(bytes[..<count]) }
}
