internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Why a core has no byte at an address, as far as its headers, what is lost of it and the notes of repairs tell.
enum MemoryAbsence {
  /// Words that follow "has no memory at 0x1000: ".
  static func words(at address: UInt64, of core: Core) throws(SalvageError) -> String {
    var isTableTold = core.damage.survives(core.structure.tableRange)
    for repair in PriorRepair.all(in: core.structure, core.source) {
      let note = try repair.lost()
      if let range = note?.ranges.first(where: { $0.holds(address) }) {
        return words(range.cause)
      }
      // Of a program header that was lost, no note tells what it named.
      let isTold = note.map { !$0.isDamaged && !$0.ranges.contains { $0.headerIndex == nil } }
      isTableTold = isTableTold && isTold ?? false
    }
    switch core.memory.fates(of: address..<address +| 1).first?.fate {
    case .lost?: return words(cause(at: address, of: core))
    case .undumped?: return "the process had it, and it was not dumped"
    default:
      return isTableTold
        ? "the core names no such memory" : "it was not mapped, not dumped, or is lost"
    }
  }

  private static func words(_ cause: LostRange.Cause?) -> String {
    guard let cause else { return "it is lost" }
    return cause == .notKept ? "it was left out on request" : "it is lost (\(cause.name))"
  }

  private static func cause(at address: UInt64, of core: Core) -> LostRange.Cause? {
    guard let segment = core.memory.segment(at: address) else { return nil }
    let (offset, overflow) = segment.fileOffset.addingReportingOverflow(address - segment.address)
    return overflow ? nil : core.damage.cause(ofAll: offset..<offset +| 1)
  }
}

extension LostRange {
  fileprivate func holds(_ other: UInt64) -> Bool {
    address != 0 && other >= address && other - address < length
  }
}
