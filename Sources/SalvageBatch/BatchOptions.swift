internal import CoreIO
public import Salvage
public import SalvageArchive
public import SystemPackage

/// What a batch is to do with the cores that it finds.
public struct BatchOptions: Hashable, Sendable {
  /// What becomes of a whole core.
  public enum Whole: String, Hashable, Sendable, CaseIterable {
    /// It is reported, and left where it is.
    case skip
    /// It is copied to where its output would be.
    case copy
    /// The output is another name of the same file; a copy where that can't be had.
    case link
  }

  /// Which cores are inspected, so that it can be told why they were cut.
  public enum Inspected: Hashable, Sendable {
    /// None: nobody asks.
    case none
    /// Those that are not whole: why they were cut, and no more.
    case cut
    /// All of them, in full, for a page.
    case all
  }

  /// The folder that outputs go into, under the paths that the inputs have below their folder. Without one, every core is
  /// repaired where it stands.
  public var output: FilePath?
  /// Whether folders in the folders are entered.
  public var recursive = false
  /// How outputs are archived; nil where they are cores. Whole cores are archived too.
  public var archive: ArchiveOptions?
  /// Only files whose name, or whose path if the pattern has a slash, is matched by this pattern of glob(7).
  /// As bytes, like names.
  public var match: [UInt8]?
  /// What becomes of whole cores.
  public var whole = Whole.skip
  /// Whether an input is removed once its output is synced, read again and found right. One of a slim core stays.
  public var deleteInput = false
  /// Whether it is only told what would be done: nothing is changed, written or made.
  public var isRehearsal = false
  /// Which cores are inspected.
  public var inspected = Inspected.cut
  /// Whether what there is to do is counted before it is done: each file is looked at once more for that.
  public var isSurveyed = true
  /// How many files are under way at once.
  public var jobs = Workers.coreCount
  /// The share of the files that is done here; nil for all of them.
  public var shard: BatchShard?
  /// How each core is repaired. With `slim`, whole cores become slim ones too. `force` replaces outputs that are none of ours.
  public var repair = RepairOptions()

  /// All cores directly in the folders, on as many threads as there are processors.
  public init(output: FilePath?) { self.output = output }

  /// With an output folder of that name.
  public init(output: String) { self.init(output: FilePath(output)) }
}
