public import ELFCore

/// A range that the process had and the core does not: an entry of the LOST note.
public struct LostRange: Hashable, Sendable {
  /// Why bytes are lost, an open set. The raw values are those of the LOST note.
  public struct Cause: RawRepresentable, Hashable, Sendable {
    /// The number in the note.
    public let rawValue: UInt32
    /// Any number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Past the end of the file as found.
    public static let pastEnd = Cause(rawValue: 1)
    /// The device or file system couldn't read them.
    public static let unreadable = Cause(rawValue: 2)
    /// Damaged in an archive or a compressed stream.
    public static let damaged = Cause(rawValue: 3)
    /// Named as lost by a map file or by the user.
    public static let named = Cause(rawValue: 4)
    /// Left out by the dump's writer, on request.
    public static let leftOut = Cause(rawValue: 5)
    /// Gone before it was read: the process had ended when its memory was captured.
    public static let gone = Cause(rawValue: 6)
    /// A hole or a run of zeros that is taken for lost.
    public static let zeros = Cause(rawValue: 7)
    /// A note that is damaged: its bytes are there, and are no note.
    public static let note = Cause(rawValue: 8)
    /// There was no room for it when it was captured: the disk was full, or the store as large as it may be.
    public static let noRoom = Cause(rawValue: 9)
    /// Left out of a slim core on request. It was there.
    public static let notKept = Cause(rawValue: 10)
  }

  /// What became of it in the output, an open set. The raw values are those of the LOST note.
  public struct State: RawRepresentable, Hashable, Sendable {
    /// The number in the note.
    public let rawValue: UInt32
    /// Any number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// No program header names it any more.
    public static let dropped = State(rawValue: 1)
    /// Its program header was kept, as memory without contents.
    public static let zeroMarked = State(rawValue: 2)
    /// Its program header was left over the hole.
    public static let padded = State(rawValue: 3)
    /// Other bytes stand for it.
    public static let rebuilt = State(rawValue: 4)
  }

  /// Where it was in memory; 0 for a range of the notes or of the header table.
  public let address: UInt64
  /// In bytes.
  public let length: UInt64
  /// Where it stands in the due file.
  public let fileOffset: UInt64
  /// The original program header that it belongs to, by its number; nil for the table itself.
  public var headerIndex: UInt32? { rawHeader == Self.headerTable ? nil : rawHeader }
  /// `p_flags` of that program header.
  public let flags: SegmentFlags
  /// Of an entry of the REBUILT note see `RebuiltRange.source`.
  public let cause: Cause
  /// What became of it: a `State`, or a number that a later version has written.
  public package(set) var state: State

  /// As it stands in the note: a core can lose a million ranges.
  package let rawHeader: UInt32
  private static let headerTable: UInt32 = 0xffff_ffff

  package init(
    address: UInt64, length: UInt64, fileOffset: UInt64, headerIndex: UInt32?, flags: SegmentFlags,
    cause: Cause, state: State
  ) {
    self.address = address
    self.length = length
    self.fileOffset = fileOffset
    rawHeader = headerIndex ?? Self.headerTable
    self.flags = flags
    self.cause = cause
    self.state = state
  }
}
