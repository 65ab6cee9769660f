internal import Glibc
package import CoreIO
public import SystemPackage

/// What the user knows of an input.
public struct IntakeOptions: Hashable, Sendable {
  /// What the zeros are that a file ends with.
  public enum ZeroTail: String, Hashable, Sendable, CaseIterable {
    /// Memory, as far as anybody can tell.
    case keep
    /// What a power cut left of the end of the file.
    case lost
  }

  /// What the holes are that the file has in its memory.
  public enum Holes: String, Hashable, Sendable, CaseIterable {
    /// Pages that the process never touched: kernels leave holes for them.
    case keep
    /// What a copy or a filter left out.
    case lost
  }

  /// What runs of zeros in the memory are.
  public enum ZeroRuns: Hashable, Sendable {
    /// Memory, as far as anybody can tell.
    case keep
    /// Lost, from so many bytes on.
    case lost(from: UInt64)

    /// Files lose blocks and buffers of this size and more; a process has smaller runs everywhere.
    public static let usualSize: UInt64 = 64 << 10
  }

  /// What is done where part of a core is not where its headers say, because a block before it is missing, or there twice.
  public enum Shifts: String, Hashable, Sendable, CaseIterable {
    /// What was moved is lost, and so is what may have been.
    case lose
    /// It is put back to its place.
    case mend
    /// It is taken for memory as it stands. Nothing is looked for.
    case ignore
  }

  /// A map file of GNU ddrescue; all that it doesn't call finished is lost.
  public var mapFile: FilePath?
  /// Ranges of the file that are lost, by their offsets.
  public var lostRanges: [Range<UInt64>] = []
  /// What zeros at the end of the file are.
  public var zeroTail = ZeroTail.keep
  /// What runs of zeros in the memory are.
  public var zeroRuns = ZeroRuns.keep
  /// What holes in the memory are.
  public var holes = Holes.keep
  /// What becomes of memory that is not in its place.
  public var shifts = Shifts.lose
  /// Whether a core that is still being written is taken as it is.
  public var acceptsGrowing = false
  /// Where streams are put whose output is no file: `/var/tmp`, which has room and outlives a restart, else `/tmp`.
  public var temporaryFolder = Self.usualTemporaryFolder

  private static let usualTemporaryFolder: FilePath =
    unsafe access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp"

  /// Nothing is known: what is there counts, but for what stands in a wrong place.
  public init() {}

  /// The ranges that the user names as lost.
  package func losses() throws(SalvageError) -> [DamageMap.Extent] {
    let mapped = try mapFile.map { path throws(SalvageError) in try MapFile(path).lost } ?? []
    return (lostRanges + mapped).map { DamageMap.Extent(range: $0, cause: .named) }
  }
}
