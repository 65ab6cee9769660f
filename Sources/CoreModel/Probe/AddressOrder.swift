internal import ELFCore

/// The rule that memory rises from entry to entry, and none lies over another.
///
/// Where two are out of order, the damaged one is that without which all others are in order. Where that may be either, it is the
/// one whose end in memory no other address and no size in the file confirms; where that tells nothing, both are taken for damaged.
struct AddressOrder {
  private let headers: [ProgramHeader]
  /// The PT_LOADs by their index in the table.
  private let loads: [Int]

  init(_ table: JudgedTable) {
    headers = table.headers
    loads = table.loads
  }

  private static let fewest = 6

  /// The damaged ones, by their index in the table; none where the rule is not the writer's.
  func damaged() -> [Int] {
    guard loads.count >= Self.fewest, !isBySize else { return [] }
    let most = max(2, JudgedTable.mostDamaged(of: loads.count))
    var damaged: [Int] = []
    var believed: [Int] = []
    for (place, index) in loads.enumerated() {
      let next = place + 1 < loads.count ? loads[place + 1] : nil
      var isBelieved = true
      while isBelieved, let last = believed.last, !isBelow(last, index) {
        switch suspect(believed.dropLast().last, last, index, next) {
        case .both:
          damaged += [last, index]
          believed.removeLast()
          isBelieved = false
        case .earlier:
          damaged.append(last)
          believed.removeLast()
        case .later:
          damaged.append(index)
          isBelieved = false
        }
        guard damaged.count <= most else { return [] }
      }
      if isBelieved { believed.append(index) }
    }
    return damaged.sorted()
  }

  private func isBelow(_ index: Int, _ other: Int) -> Bool {
    headers[index].addressEnd <= headers[other].address
  }

  private func meets(_ index: Int, _ other: Int) -> Bool {
    headers[index].addressEnd == headers[other].address
  }

  private enum Suspect { case earlier, later, both }

  private func suspect(_ before: Int?, _ last: Int, _ index: Int, _ next: Int?) -> Suspect {
    let mayBeLast = before.map { isBelow($0, index) } ?? true
    let mayBeThis = next.map { isBelow(last, $0) } ?? true
    guard mayBeLast == mayBeThis else { return mayBeLast ? .earlier : .later }
    // Where it begins tells nothing of how long it is.
    let isLastConfirmed =
      before.map { meets($0, last) && headers[last].fileSize == headers[last].memorySize } ?? false
    let isThisConfirmed = next.map { meets(index, $0) } ?? false
    guard isLastConfirmed != isThisConfirmed else { return .both }
    return isLastConfirmed ? .later : .earlier
  }

  /// Whether the table is in the order of sizes, as the kernel sorts it when it is told to.
  private var isBySize: Bool {
    var falls = (size: 0, address: 0)
    for (one, other) in zip(loads, loads.dropFirst()) {
      if headers[one].fileSize > headers[other].fileSize { falls.size += 1 }
      if headers[one].address > headers[other].address { falls.address += 1 }
    }
    return falls.size <= falls.address
  }
}
