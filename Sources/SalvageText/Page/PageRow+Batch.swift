internal import Salvage
package import SalvageBatch

extension PageRow.State {
  /// What became of a file of a batch, in the words that people sort by: whole or repaired, or why it is neither.
  package init(_ record: BatchRecord) {
    switch record.outcome {
    case .beyondRepair: self = .beyondRepair
    case .failed: self = .failed
    case .unfinished: self = .unfinished
    case .unread: self = .unread
    case .empty: self = .empty
    case .other, .special, .unmatched, .elsewhere, .vanished: self = .notACore
    case .repaired: self = .repaired
    case .whole, .copied, .linked, .completed:
      self = record.report.map { $0.isRepaired && !$0.isCompleted } == true ? .repaired : .whole
    case .archived, .slimmed, .present:
      // What is there already is not read again if it is packed: then its output's notes tell.
      self = record.report.map { $0.isWhole ? .whole : .repaired } ?? .repaired
    }
  }
}
