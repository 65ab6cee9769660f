package import ELFCore

/// The PT_LOADs of a table that hold memory, by address; those at one address in the order of the table.
///
/// It makes no copy of them: of a million segments that would be 56 MB.
package struct LoadSegments: RandomAccessCollection, Sendable {
  /// All of the table.
  private let headers: [ProgramHeader]
  /// The first one's index in `headers`, where all stand there in a row.
  private let first: Int
  /// Their indices in `headers`, where they don't.
  private let order: [UInt32]
  package let endIndex: Int

  package init(_ headers: [ProgramHeader]) {
    self.headers = headers
    func isMemory(_ header: ProgramHeader) -> Bool {
      header.kind == .load && header.memoryEnd > header.address
    }
    let first = headers.firstIndex(where: isMemory) ?? headers.count
    let row = headers[first...].prefix(while: isMemory)
    let isSorted = row.indices.dropFirst().allSatisfy {
      headers[$0 - 1].address <= headers[$0].address
    }
    self.first = first
    guard !isSorted || headers[row.endIndex...].contains(where: isMemory) else {
      order = []
      endIndex = row.count
      return
    }
    var order = headers.indices.filter { isMemory(headers[$0]) }.map { UInt32($0) }
    order.sort {
      let (one, other) = (headers[Int($0)].address, headers[Int($1)].address)
      return one != other ? one < other : $0 < $1
    }
    self.order = order
    endIndex = order.count
  }

  package var startIndex: Int { 0 }

  package subscript(index: Int) -> ProgramHeader { headers[indexInTable(index)] }

  /// The index of the one that holds an address.
  package func index(at address: UInt64) -> Int? {
    // By the addresses alone: every thread and every pointer is looked up here, and an element is 56 bytes.
    let after =
      order.isEmpty
      ? countUp(to: address) { headers[first + $0].address }
      : countUp(to: address) { headers[Int(order[$0])].address }
    guard after > 0, headers[indexInTable(after - 1)].memoryEnd > address else { return nil }
    return after - 1
  }

  /// How many begin at an address or below it.
  @inline(__always)
  private func countUp(to address: UInt64, _ beginning: (Int) -> UInt64) -> Int {
    var after = 0
    var end = endIndex
    while after < end {
      let middle = (after + end) / 2
      if beginning(middle) <= address { after = middle + 1 } else { end = middle }
    }
    return after
  }

  /// Where the one at `index` stands in the table.
  package func indexInTable(_ index: Int) -> Int {
    order.isEmpty ? first + index : Int(order[index])
  }
}
