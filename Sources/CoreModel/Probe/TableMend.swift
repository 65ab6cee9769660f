internal import CoreIO
internal import ELFCore

/// What is lost of a program header table, made anew where those around it and NT_FILE leave one way alone; and of the rest,
/// where the memory was that it named.
struct TableMend {
  /// With the entries that are made anew.
  private(set) var table: HeaderTable
  /// What the others named.
  private(set) var unnamed = UnnamedMemory()

  private let facts: Facts
  private let isRising: Bool
  private let isChained: Bool
  private let alignment: UInt64
  private var cover: MappingCover

  /// Which of the writer's rules are known: those of the table, and of the kernel that it has an entry for each mapping.
  enum Rules { case none, some, kernel }

  /// What is known beside the table.
  struct Facts {
    /// How many entries it has.
    let count: Int
    /// Whether none of its bytes is lost; of single entries, `isLost` tells.
    let isTableThere: Bool
    let isLost: (Int) -> Bool
    let files: MappedFiles?
    /// Where memory begins in the file.
    let fileStart: UInt64
    /// Where it may end.
    let fileEnds: [UInt64]
    let rules: () -> Rules
  }

  /// Entries that are lost in a row, and those beside them.
  private struct Gap {
    var numbers: Range<Int>
    var before: ProgramHeader?
    var after: ProgramHeader?
  }

  /// More are damage that nothing is known of.
  private static let mostGaps = 64

  init(
    _ table: HeaderTable, _ facts: Facts,
    found: (Int) throws(SalvageError) -> ProgramHeader?
  ) throws(SalvageError) {
    self.table = table
    self.facts = facts
    let lost =
      facts.isTableThere
      ? [] : table.headers.indices.filter { facts.isLost(table.number(at: $0)) }
    var believed = lost.isEmpty ? table : table.losing(lost, andNulls: false)
    let headers = believed.headers
    isRising = Self.isRising(headers)
    cover = MappingCover(isRising ? facts.files : nil, headers, lost: facts.count - headers.count)
    // Nearly all tables have all entries, and an entry for each mapping.
    guard headers.count < facts.count || !cover.uncovered.isEmpty else {
      isChained = false
      alignment = 1
      return
    }
    let rules = facts.rules()
    if rules != .kernel { cover = MappingCover(nil, [], lost: 0) }
    let loads = LoadSegments(headers)
    isChained = rules != .none && loads.count > 2 && Self.isChained(believed)
    alignment = loads.first?.alignment ?? 1
    let moved = isChained ? moved(loads) : []
    if !moved.isEmpty {
      func losing(_ table: HeaderTable) -> HeaderTable {
        let headers = table.headers
        return table.losing(
          headers.indices.filter {
            headers[$0].kind == .load && moved.contains(headers[$0].address)
          }, andNulls: false)
      }
      believed = losing(believed)
      self.table = losing(table)
    }
    guard believed.headers.count < facts.count else { return }
    var mended: [(number: Int, header: ProgramHeader, isFound: Bool)] = []
    for gap in gaps(believed) {
      if let entries = try entries(of: gap, found) {
        for (number, entry) in zip(gap.numbers, entries) {
          mended.append((number, entry, isFound: try found(number) == entry))
        }
      } else {
        lose(gap)
      }
    }
    self.table = self.table.mending(mended)
  }

  private static func isRising(_ headers: [ProgramHeader]) -> Bool {
    var end: UInt64 = 0
    for header in headers where header.kind == .load {
      guard header.address >= end else { return false }
      end = header.addressEnd
    }
    return true
  }

  /// Whether the bytes of each begin where those of the one before end.
  private static func isChained(_ table: HeaderTable) -> Bool {
    let headers = table.headers
    return headers.indices.dropFirst().allSatisfy { index in
      let (last, next) = (headers[index - 1], headers[index])
      return last.kind != .load || next.kind != .load || next.fileOffset == last.fileEnd
        || table.number(at: index) != table.number(at: index - 1) + 1
    }
  }

  /// The addresses of entries that stand apart from all mappings, beside one that no entry has, and of which one wrong byte is
  /// the difference: an address that fits all rules of the table can be wrong all the same.
  private func moved(_ loads: LoadSegments) -> Set<UInt64> {
    var moved: Set<UInt64> = []
    for mapping in cover.uncovered {
      let next = loads.partitioningIndex { $0.address > mapping.lowerBound }
      for load in loads[max(0, next - 1)..<min(loads.count, next + 1)]
      where load.memorySize == mapping.length && cover.isApart(load.range)
        && Self.isOneByte(load.address ^ mapping.lowerBound)
      {
        moved.insert(load.address)
      }
    }
    return moved
  }

  private static func isOneByte(_ difference: UInt64) -> Bool {
    (0..<8).contains { difference & ~(0xff << (8 * UInt64($0))) == 0 }
  }

  private func gaps(_ believed: HeaderTable) -> [Gap] {
    // The notes of a table that begins with them are found without it.
    var next = believed.headers.contains { $0.kind == .note } ? 0 : 1
    var gaps: [Gap] = []
    var last: ProgramHeader?
    for (index, header) in believed.headers.enumerated() {
      let number = believed.number(at: index)
      if number > next {
        gaps.append(
          Gap(
            numbers: next..<number, before: last, after: header.kind == .load ? header : nil))
      }
      next = max(next, number + 1)
      if header.kind == .load { last = header }
    }
    if next < facts.count {
      gaps.append(Gap(numbers: next..<facts.count, before: last, after: nil))
    }
    return gaps.count <= Self.mostGaps ? gaps : [merged(gaps)].compactMap(\.self)
  }

  /// All as one, of which nothing is known.
  private func merged(_ gaps: [Gap]) -> Gap? {
    guard let first = gaps.first, let last = gaps.last else { return nil }
    return Gap(
      numbers: first.numbers.lowerBound..<last.numbers.upperBound, before: first.before,
      after: last.after)
  }

  // MARK: What a gap had

  /// Between the memory of those beside it.
  private func addresses(_ gap: Gap) -> Range<UInt64> {
    guard isRising else { return 0..<UInt64.max }
    let start = gap.before?.addressEnd ?? 0
    return start..<max(start, gap.after?.address ?? .max)
  }

  private func fileStart(_ gap: Gap) -> UInt64 { gap.before?.fileEnd ?? facts.fileStart }
  private func fileEnds(_ gap: Gap) -> [UInt64] {
    gap.after.map { [$0.fileOffset] } ?? facts.fileEnds
  }

  private func entries(
    of gap: Gap, _ found: (Int) throws(SalvageError) -> ProgramHeader?
  ) throws(SalvageError) -> [ProgramHeader]? {
    guard isChained, isRising else { return nil }
    let first = gap.numbers.lowerBound
    switch gap.numbers.count {
    case 1: return entry(of: gap, try found(first)).map { [$0] }
    case 2:
      let pair = [try found(first), try found(first + 1)]
      let ways = [sound(in: gap, pair, at: 0), sound(in: gap, pair, at: 1)].compactMap(\.self)
      return ways.count == 1 ? ways[0] : mapped(gap)
    default: return mapped(gap)
    }
  }

  private func entry(
    of gap: Gap, _ found: ProgramHeader?, beside other: ProgramHeader? = nil
  ) -> ProgramHeader? {
    LostEntry(
      found: found, fileStart: fileStart(gap), fileEnds: fileEnds(gap),
      isEndKnown: gap.after != nil, addresses: addresses(gap), alignment: alignment,
      cover: other.map { cover.covering($0.range) } ?? cover
    ).solution()
  }

  /// Both of two, if the one at `index` is right.
  private func sound(
    in gap: Gap, _ pair: [ProgramHeader?], at index: Int
  ) -> [ProgramHeader]? {
    guard let right = pair[index], right.kind == .load, right.fileEnd != nil,
      right.flags.rawValue <= 7, right.physicalAddress == 0, right.alignment == alignment,
      right.address >= addresses(gap).lowerBound, right.addressEnd <= addresses(gap).upperBound,
      cover.allows(right.range)
    else { return nil }
    var rest = gap
    let other = pair[1 - index]
    if index == 0 {
      guard right.fileOffset == fileStart(gap) else { return nil }
      rest.before = right
    } else {
      guard let end = right.fileEnd, fileEnds(gap).contains(end),
        right.fileOffset >= fileStart(gap)
      else { return nil }
      rest.after = right
    }
    guard let entry = entry(of: rest, other, beside: right) else { return nil }
    return index == 0 ? [right, entry] : [entry, right]
  }

  /// All of a gap, where each is a mapping, and all or none of their memory was dumped.
  private func mapped(_ gap: Gap) -> [ProgramHeader]? {
    let mappings = cover.uncovered(in: addresses(gap))
    let ends = fileEnds(gap)
    guard mappings.count == gap.numbers.count, gap.after != nil, let end = ends.first,
      end >= fileStart(gap)
    else { return nil }
    let isDumped = end > fileStart(gap)
    var position = fileStart(gap)
    var entries: [ProgramHeader] = []
    for mapping in mappings {
      let size = isDumped ? mapping.length : 0
      guard size <= end - position,
        let entry = LostEntry.entry(
          of: mapping, position..<position + size, alignment: alignment)
      else { return nil }
      entries.append(entry)
      position += size
    }
    return position == end ? entries : nil
  }

  private mutating func lose(_ gap: Gap) {
    let start = fileStart(gap)
    // Where nothing is missing in the file, no memory was dumped.
    if isChained, gap.after?.fileOffset == start { return }
    unnamed.addresses.append(addresses(gap))
    if isChained, let end = fileEnds(gap).max(), end > start { unnamed.bytes.append(start..<end) }
  }
}
