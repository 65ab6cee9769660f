internal import ELFCore

/// A range that the process had and the core does not: an entry of the LOST note.
public struct LostRange: Hashable, Sendable {
  /// What became of it in the output. The raw values are those of the LOST note.
  public enum State: UInt32, Hashable, Sendable {
    /// Its program header is gone: no reader shows anything there.
    case dropped = 1
    /// Its program header has `p_filesz` 0: some readers show zeros.
    case zeroMarked = 2
    /// Its program header is as it was, over a hole: every reader shows zeros.
    case padded = 3
    /// Other bytes stand there, which the REBUILT note names.
    case rebuilt = 4
  }

  /// Where it was in memory; 0 for a range of the notes or of the header table.
  public var address: UInt64
  /// In bytes.
  public var length: UInt64
  /// Where it stands in the due file.
  public var fileOffset: UInt64
  /// The original program header that it belongs to; `headerTable` for the table itself.
  public var headerIndex: UInt32
  /// `p_flags` of that program header.
  public var flags: UInt32
  /// 1 past the end of the file, 2 unreadable, 3 damaged in an archive or stream, 4 named as lost, 5 left out by the
  /// dump's writer, 7 a hole or a run of zeros taken for lost, 8 a note that is damaged.
  public var cause: UInt32
  /// What became of it: a `State`, or a number that a later version has written.
  public var state: State.RawValue

  /// The index that stands for the program header table.
  public static let headerTable: UInt32 = 0xffff_ffff

  /// An entry with these fields, which are written as they are.
  public init(
    address: UInt64, length: UInt64, fileOffset: UInt64, headerIndex: UInt32, flags: UInt32,
    cause: UInt32, state: State.RawValue
  ) {
    self.address = address
    self.length = length
    self.fileOffset = fileOffset
    self.headerIndex = headerIndex
    self.flags = flags
    self.cause = cause
    self.state = state
  }
}
