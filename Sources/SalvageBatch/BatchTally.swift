internal import CoreModel
internal import ELFCore
internal import Salvage

/// What a batch has done, in numbers.
public struct BatchTally: Hashable, Sendable {
  /// How many files ended in which way; no entry where none did.
  public private(set) var counts: [BatchRecord.Outcome: UInt64] = [:]
  /// Bytes of the cores that outputs were made of.
  public private(set) var bytesIn: UInt64 = 0
  /// Bytes of these outputs, holes included.
  public private(set) var bytesOut: UInt64 = 0
  /// Bytes of memory that the dumps had: of all cores that were repaired or archived, or are done already.
  public private(set) var memoryDumped: UInt64 = 0
  /// Bytes of memory that these cores have lost.
  public private(set) var memoryLost: UInt64 = 0
  /// Bytes of notes that they have lost.
  public private(set) var notesLost: UInt64 = 0
  /// Bytes of program header tables that they have lost.
  public private(set) var tableLost: UInt64 = 0
  /// How many of them lost something of a thread's stack.
  public private(set) var stacksLost: UInt64 = 0
  /// How many inputs were removed.
  public private(set) var inputsDeleted: UInt64 = 0
  /// How many were to be removed, and the system would not let them go.
  public private(set) var inputsNotDeleted: UInt64 = 0
  /// Of a rehearsal: how many inputs would be removed.
  public private(set) var inputsToDelete: UInt64 = 0
  /// Of a rehearsal: of how many of these the work itself may yet find that they are to be kept.
  public private(set) var inputsUncertain: UInt64 = 0
  /// Whether it is only what would be done.
  public internal(set) var isRehearsal = false
  /// What is left where the space ran out.
  public internal(set) var left: BatchSurvey?

  /// Nothing done yet.
  public init() {}

  /// How many files ended in this way.
  public subscript(_ outcome: BatchRecord.Outcome) -> UInt64 { counts[outcome] ?? 0 }

  /// Whether every file that is a core, or may be one, is what it was to become, and every input that was to go has gone.
  public var isComplete: Bool {
    left == nil && inputsNotDeleted == 0
      && [.failed, .beyondRepair, .unfinished, .unread, .empty].allSatisfy { self[$0] == 0 }
  }

  /// All files that were come by.
  public var seen: UInt64 { counts.values.reduce(0, &+) }

  /// Those that are no cores, or not this run's.
  public var passedOver: UInt64 {
    counts.reduce(0) { $0 &+ ($1.key.isPassedOver ? $1.value : 0) }
  }

  package mutating func add(_ record: BatchRecord) {
    counts[record.outcome, default: 0] += 1
    if record.isInputDeleted { inputsDeleted += 1 }
    if record.isRemovalRefused { inputsNotDeleted += 1 }
    if record.isInputToDelete { inputsToDelete += 1 }
    if record.inputKeptIf != nil { inputsUncertain += 1 }
    if record.isRehearsed { isRehearsal = true }
    guard let report = record.report else { return }
    switch record.outcome {
    case .repaired, .archived, .completed, .slimmed, .copied, .linked:
      bytesIn +|= report.sizeFound
      bytesOut +|= record.outputSize
    case .present: break
    default: return
    }
    memoryDumped +|= report.memory.size
    memoryLost +|= report.memory.lost
    notesLost +|= report.notesLost
    tableLost +|= report.tableLost
    if report.kinds.contains(where: \.isStack) { stacksLost += 1 }
  }
}
