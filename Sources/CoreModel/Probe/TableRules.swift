internal import CoreIO
internal import ELFCore

/// Which entries of a program header table can't be what its writer wrote.
///
/// Every writer keeps to rules of its own: pages, one alignment, addresses that rise, bytes that begin where those of the entry
/// before ended. Which they are the table itself tells: a rule that all entries keep to but one or a few is its writer's, and
/// those few are damaged. One that more of them break was never the writer's, and tells nothing.
struct TableRules {
  /// Where memory may end in the file: at its end, or at the section headers.
  private let ends: [UInt64]
  private let tableRange: Range<UInt64>
  private let entrySize: UInt64
  /// What is there of the source; nil where all of it is.
  private let present: DamageMap?

  init(_ header: FileHeader, tableEnd: UInt64, sizeFound: UInt64, present: DamageMap) {
    ends = [sizeFound, header.sectionHeaderOffset].filter { $0 > 0 }
    tableRange = header.programHeaderOffset..<tableEnd
    entrySize = UInt64(header.format.programHeaderSize)
    self.present = present.isWhole ? nil : present
  }

  /// Fewer tell of no rule.
  private static let fewest = 4
  /// The smallest page that there is. Larger ones are multiples of it.
  private static let pageSize: UInt64 = 4096

  /// The table without the entries that are damaged.
  ///
  /// - Parameter isOurs: whether it is a repair's, which cuts and adds entries at any place: then only what no repair
  ///   changes is a rule.
  func believed(of table: HeaderTable, isOurs: Bool = false) -> HeaderTable {
    guard !table.nulls.isEmpty || !Self.keepsAll(table.headers) else { return table }
    var judged = JudgedTable(table)
    if let present {
      for index in table.headers.indices {
        let start = tableRange.lowerBound + UInt64(table.number(at: index)) * entrySize
        if !present.survives(start..<start + entrySize) { judged.marks[index] = .lost }
      }
    }
    let isNullDamaged = judgeKinds(&judged)
    let loads = judged.loads
    guard loads.count >= Self.fewest, judgeFields(&judged, loads, isOurs: isOurs) else {
      return table.losing(judged.damaged, andNulls: isNullDamaged)
    }
    if !isOurs {
      judge(
        &judged, FileChain(judged, tableEnd: tableRange.upperBound, ends: ends).damaged())
      judge(&judged, AddressOrder(judged).damaged())
    }
    return table.losing(judged.damaged, andNulls: isNullDamaged)
  }

  /// Whether all entries keep to all rules: one look at each, which is all that nearly every core takes.
  private static func keepsAll(_ headers: [ProgramHeader]) -> Bool {
    var last: ProgramHeader?
    var fileEnd: UInt64 = 0
    var addressEnd: UInt64 = 0
    for header in headers {
      guard header.kind == .load else {
        guard header.kind == .note else { return false }
        continue
      }
      guard header.flags.rawValue <= 7, header.physicalAddress == 0,
        (header.address | header.memorySize) % pageSize == 0,
        header.memorySize > 0, header.fileSize <= header.memorySize,
        header.address >= addressEnd
      else { return false }
      if let last {
        guard header.alignment == last.alignment, header.fileOffset == fileEnd else { return false }
      }
      last = header
      fileEnd = header.fileOffset &+ header.fileSize
      addressEnd = header.addressEnd
      guard fileEnd >= header.fileOffset else { return false }
    }
    return true
  }

  private func judge(_ table: inout JudgedTable, _ damaged: [Int]) {
    for index in damaged { table.marks[index] = .damaged }
  }

  /// Looks at the kinds. Whether entries of `PT_NULL` are damaged.
  ///
  /// What a machine adds of its own, memory tags for one, comes behind all memory.
  private func judgeKinds(_ table: inout JudgedTable) -> Bool {
    let headers = table.headers
    let lastLoad = headers.lastIndex { $0.kind == .load } ?? 0
    let firstLoad = headers.firstIndex { $0.kind == .load } ?? 0
    let strange = headers.indices.filter { index in
      let kind = headers[index].kind
      guard kind != .load, kind != .note, table.marks[index] == .sound else { return false }
      return firstLoad..<lastLoad ~= index || !(0x6000_0000..<0x8000_0000 ~= kind.rawValue)
    }
    let count = strange.count + table.nullCount
    // One that is damaged all over has any kind, and a block has many of those.
    guard 2 * count < headers.count else { return false }
    judge(&table, strange)
    return table.nullCount > 0
  }

  /// Looks at the fields of each that tell of it alone. False where it is no process's memory.
  private func judgeFields(
    _ table: inout JudgedTable, _ loads: [Int], isOurs: Bool
  ) -> Bool {
    let headers = table.headers
    let alignment = Self.majority(of: loads.lazy.map { headers[$0].alignment })
    let most = JudgedTable.mostDamaged(of: loads.count)
    var broken: [[Int]] = []
    func look(_ isBroken: (ProgramHeader) -> Bool) {
      broken.append(loads.filter { isBroken(headers[$0]) })
    }
    look { $0.physicalAddress != 0 }
    // A machine's memory lies anywhere.
    guard broken[0].count <= most else { return false }
    look { $0.flags.rawValue > 7 }
    look { $0.fileSize > $0.memorySize }
    if !isOurs {
      look { $0.alignment != alignment }
      look {
        $0.memorySize == 0 || $0.memorySize % Self.pageSize != 0 && $0.memorySize != $0.fileSize
      }
      look { $0.address % Self.pageSize != 0 || !Self.isCanonical($0.address) }
    }
    for indices in broken where indices.count <= most { judge(&table, indices) }
    return true
  }

  /// Whether a machine of 64 bits may have memory there: the highest bits are those of a process or of the kernel.
  private static func isCanonical(_ address: UInt64) -> Bool {
    address >> 57 == 0 || address >> 57 == 0x7f
  }

  /// What more than half of them are, if anything is.
  private static func majority(of values: some Sequence<UInt64>) -> UInt64 {
    var candidate: UInt64 = 0
    var votes = 0
    for value in values {
      if votes == 0 { candidate = value }
      votes += value == candidate ? 1 : -1
    }
    return candidate
  }
}

/// The entries of a table, and what is thought of each.
struct JudgedTable {
  enum Mark { case sound, damaged, lost }

  let table: HeaderTable
  var marks: [Mark]

  init(_ table: HeaderTable) {
    self.table = table
    marks = Array(repeating: .sound, count: table.headers.count)
  }

  var headers: [ProgramHeader] { table.headers }
  func number(at index: Int) -> Int { table.number(at: index) }
  var nullCount: Int { table.nulls.reduce(0) { $0 + $1.count } }
  var damaged: [Int] { marks.indices.filter { marks[$0] == .damaged } }
  /// The PT_LOADs that are thought sound.
  var loads: [Int] {
    headers.indices.filter { headers[$0].kind == .load && marks[$0] == .sound }
  }

  /// How many entries may break a rule that is one.
  static func mostDamaged(of count: Int) -> Int { max(1, count / 8) }
}
