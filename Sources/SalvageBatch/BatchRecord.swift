public import CoreIO
public import CoreModel
public import Salvage
public import SystemPackage

/// What became of one file of a batch.
public struct BatchRecord: Sendable {
  /// How it ended for a file. The raw value is its name in JSON.
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    /// It was cut, and its output is there.
    case repaired
    /// It is in an archive.
    case archived
    /// It is whole, and its output has memory of its files besides.
    case completed
    /// A slim core of it is there: whole or cut, what was not asked for is left out.
    case slimmed
    /// It is whole, and was left as it is.
    case whole
    /// It is whole, and its copy is there.
    case copied
    /// It is whole, and has another name where its output would be.
    case linked
    /// Its output was there already, of this input and these options.
    case present
    /// A core of which nothing can be used.
    case beyondRepair
    /// An error kept its output from being written: `error` says which.
    case failed
    /// Not done, for there was no space left.
    case unfinished
    /// Packed in a way that we don't read, or so cut that nobody knows what it was.
    case unread
    /// A file without a byte: a core of which nothing was written, if it was one.
    case empty
    /// No core: passed over, like all that follow.
    case other
    /// A link, a socket, a FIFO, a device.
    case special
    /// Its name isn't matched.
    case unmatched
    /// In another share.
    case elsewhere
    /// It was there when its folder was listed, and was not when it was to be opened.
    case vanished
  }

  /// The file, as it was come by.
  public let input: FilePath
  /// How it ended.
  public internal(set) var outcome: Outcome
  /// Where its output is, or should be.
  public internal(set) var output: FilePath?
  /// Whether the output has a name of its own, for what has the usual one may be all that is left of a core.
  public internal(set) var isNamedApart = false
  /// What it is; nil where it couldn't be read, or is no core.
  public package(set) var report: RepairReport?
  /// What is in doubt of an output that was there already, where no report was made; of any other `report` tells it.
  public internal(set) var doubts: [CoreVerdict.Reason] = []
  /// What the input was, and why it was cut: of those that `BatchOptions.inspected` names.
  public internal(set) var inspection: Inspection?
  /// The size of the output in bytes, holes included; 0 where none was written.
  public internal(set) var outputSize: UInt64 = 0
  /// Why it failed.
  public internal(set) var error: SalvageError?
  /// Whether the input was removed once its output was found right. In a rehearsal none is.
  public internal(set) var isInputDeleted = false
  /// In a rehearsal: whether it would be.
  public internal(set) var isInputToDelete = false
  /// Whether it is only what would become of it, and of the input.
  public internal(set) var isRehearsed = false
  /// Why it was to be removed and was not, though its output is right.
  public internal(set) var inputKept: String?
  /// Whether that is so because the system would not let it go, and not because more may be had of it.
  public internal(set) var isRemovalRefused = false
  /// In a rehearsal that would remove it: what only the work itself can find out, and what would keep it then.
  public internal(set) var inputKeptIf: String?

  package init(_ input: FilePath, _ outcome: Outcome) {
    self.input = input
    self.outcome = outcome
  }

  /// - Parameter isNamed: whether the user named the file: then it was taken for a core.
  package init(_ input: FilePath, _ error: SalvageError, isNamed: Bool = false) {
    self.input = input
    self.error = error
    outcome =
      switch error.kind {
      case .beyondRepair: .beyondRepair
      case .notACore: isNamed ? .failed : .other
      case .otherPacking, .otherDump, .nothingUnpacked: .unread
      case .emptyFile: .empty
      default: error.isOutOfSpace ? .unfinished : .failed
      }
  }
}

extension BatchRecord.Outcome {
  /// Whether a file of that fate is a core that the batch was asked for.
  public var isCore: Bool { !isPassedOver }

  /// Whether it was none of the batch's business.
  public var isPassedOver: Bool {
    switch self {
    case .other, .special, .unmatched, .elsewhere, .vanished: true
    default: false
    }
  }
}

extension SalvageError {
  /// Whether it failed for want of space, so that others will too.
  package var isOutOfSpace: Bool {
    guard case .io(let errno, _) = kind else { return false }
    return errno == .noSpace || errno == .diskQuotaExceeded
  }
}
