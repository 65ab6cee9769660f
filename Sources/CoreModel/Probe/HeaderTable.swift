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
  /// The numbers of entries of `PT_NULL` that are no zeros: runs in rising order.
  private(set) var nulls: [Range<Int>] = []
  /// The numbers of entries that are not what was written: runs in rising order. `headers` doesn't have them.
  private(set) var damaged: [Range<Int>] = []
  /// The numbers of entries that were lost and are made anew: runs in rising order. `headers` has them, the file has not.
  package private(set) var mended: [Range<Int>] = []

  package init() {}

  package mutating func reserveCapacity(_ count: Int) { headers.reserveCapacity(count) }

  /// Adds the entry of that number; in rising order.
  package mutating func append(_ header: ProgramHeader, number: Int) {
    guard header.kind != .null else {
      if header == Self.zero {
        appendZeros(number..<number + 1)
      } else {
        Self.append(number..<number + 1, to: &nulls)
      }
      return
    }
    if number != headers.count || !numbers.isEmpty { numbers.append(UInt32(clamping: number)) }
    headers.append(header)
  }

  /// Adds entries that are zeros.
  package mutating func appendZeros(_ numbers: Range<Int>) { Self.append(numbers, to: &zeroed) }

  private static func append(_ numbers: Range<Int>, to runs: inout [Range<Int>]) {
    guard !numbers.isEmpty else { return }
    if let last = runs.last, last.upperBound == numbers.lowerBound {
      runs[runs.count - 1] = last.lowerBound..<numbers.upperBound
    } else {
      runs.append(numbers)
    }
  }

  /// The same without the entries at these indices in `headers`, and with those of `PT_NULL` told of, as damaged.
  ///
  /// - Parameter indices: in rising order.
  func losing(_ indices: [Int], andNulls: Bool) -> HeaderTable {
    guard !indices.isEmpty || andNulls && !nulls.isEmpty else { return self }
    var table = HeaderTable()
    table.reserveCapacity(headers.count)
    table.zeroed = zeroed
    table.nulls = andNulls ? [] : nulls
    var lost = andNulls ? damaged + nulls : damaged
    var next = indices[...]
    for (index, header) in headers.enumerated() {
      if next.first == index {
        next.removeFirst()
        lost.append(number(at: index)..<number(at: index) + 1)
      } else {
        table.append(header, number: number(at: index))
      }
    }
    for run in lost.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      Self.append(run, to: &table.damaged)
    }
    return table
  }

  /// The same with entries that are believed after all, each in the place of the one that had its number: those that are not
  /// what the file has are made anew.
  ///
  /// - Parameter entries: in rising order.
  func mending(
    _ entries: [(number: Int, header: ProgramHeader, isFound: Bool)]
  ) -> HeaderTable {
    guard !entries.isEmpty else { return self }
    var table = HeaderTable()
    table.reserveCapacity(headers.count + entries.count)
    table.zeroed = Self.without(entries.map(\.number), zeroed)
    table.nulls = Self.without(entries.map(\.number), nulls)
    table.damaged = Self.without(entries.map(\.number), damaged)
    var next = entries[...]
    var end = 0
    func appendMended(below number: Int) {
      while let entry = next.first, entry.number < number {
        next.removeFirst()
        table.append(entry.header, number: entry.number)
        end = entry.number + 1
        if !entry.isFound { Self.append(entry.number..<end, to: &table.mended) }
      }
    }
    for (index, header) in headers.enumerated() {
      let number = number(at: index)
      appendMended(below: number + 1)
      if number >= end { table.append(header, number: number) }
    }
    appendMended(below: .max)
    return table
  }

  /// Runs without some numbers, both in rising order.
  private static func without(_ numbers: [Int], _ runs: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var next = numbers[...]
    for run in runs {
      var start = run.lowerBound
      while let number = next.first, number < run.upperBound {
        next.removeFirst()
        guard number >= start else { continue }
        append(start..<number, to: &result)
        start = number + 1
      }
      append(start..<run.upperBound, to: &result)
    }
    return result
  }

  /// Whether the entry of that number is made anew.
  package func isMended(_ number: Int) -> Bool {
    let run = mended.partitioningIndex { $0.upperBound > number }
    return run < mended.count && mended[run].contains(number)
  }

  /// The entries with lower numbers, of those that are believed.
  func prefix(_ count: Int) -> HeaderTable {
    var table = HeaderTable()
    for (index, header) in headers.enumerated() where number(at: index) < count {
      table.append(header, number: number(at: index))
    }
    return table
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
