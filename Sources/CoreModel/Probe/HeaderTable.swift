internal import CoreIO
package import ELFCore

/// The entries of a program header table that name something, and where they stand in it.
///
/// `PT_NULL` is left out: it names nothing, and a table in a hole of a file has 16 million of it in no room at all.
package struct HeaderTable: Sendable {
  package private(set) var headers: [ProgramHeader] = []
  /// The numbers of the entries, from the first one on that does not stand where it would without those left out.
  private var numbers: [UInt32] = []
  /// The numbers of entries that are zeros, which no writer of cores writes: runs in rising order.
  package private(set) var zeroed: [Range<Int>] = []

  package init() {}

  package mutating func reserveCapacity(_ count: Int) { headers.reserveCapacity(count) }

  /// Adds the entry of that number; in rising order.
  package mutating func append(_ header: ProgramHeader, number: Int) {
    guard header.kind != .null else {
      if header == Self.zero { appendZeros(number..<number + 1) }
      return
    }
    if number != headers.count || !numbers.isEmpty { numbers.append(UInt32(clamping: number)) }
    headers.append(header)
  }

  /// Adds entries that are zeros.
  package mutating func appendZeros(_ numbers: Range<Int>) {
    guard !numbers.isEmpty else { return }
    if let last = zeroed.last, last.upperBound == numbers.lowerBound {
      zeroed[zeroed.count - 1] = last.lowerBound..<numbers.upperBound
    } else {
      zeroed.append(numbers)
    }
  }

  private static let zero = ProgramHeader(
    kind: .null, flags: [], fileOffset: 0, address: 0, fileSize: 0, memorySize: 0, alignment: 0)

  /// The number in the table of the entry at `index` in `headers`.
  package func number(at index: Int) -> Int {
    let regular = headers.count - numbers.count
    return index < regular ? index : Int(numbers[index - regular])
  }

  /// The entry of that number; nil where there is none that names something.
  package subscript(number number: UInt32) -> ProgramHeader? {
    let regular = headers.count - numbers.count
    if Int(number) < regular { return headers[Int(number)] }
    let index = numbers.partitioningIndex { $0 >= number }
    return index < numbers.count && numbers[index] == number ? headers[regular + index] : nil
  }
}
