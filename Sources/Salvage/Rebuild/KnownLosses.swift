internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The memory that the LOST notes of a core tell of: those of its capture and of all its repairs.
struct KnownLosses {
  /// By address, and apart.
  private var ranges: [Range<UInt64>] = []

  init(_ core: borrowing Core) throws(SalvageError) {
    guard core.structure.wasRepaired else { return }
    var found: [Range<UInt64>] = []
    for repair in PriorRepair.all(in: core.structure, core.source) {
      for lost in try repair.lost()?.ranges ?? [] where lost.address > 0 {
        let (end, overflow) = lost.address.addingReportingOverflow(lost.length)
        found.append(lost.address..<(overflow ? .max : end))
      }
    }
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, last.upperBound >= range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// Whether any of it lies in a range.
  func touch(_ range: Range<UInt64>) -> Bool {
    let next = ranges.partitioningIndex { $0.upperBound > range.lowerBound }
    return next < ranges.count && ranges[next].lowerBound < range.upperBound
  }
}
