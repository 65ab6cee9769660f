internal import CoreIO
internal import ELFCore

/// The rule that the bytes of each PT_LOAD begin in the file where those of the one before end, or at the next page. The
/// kernels, gdb and all others that we know of write so.
///
/// Where the chain is broken, one of two entries is damaged: the one that its neighbours don't confirm. Where an entry begins
/// is confirmed by where the one before ends, where it ends by where the next one begins.
struct FileChain {
  private let headers: [ProgramHeader]
  /// The PT_LOADs that are part of it, by their index in the table.
  private var links: [Int] = []
  /// Of each, whether anything that is damaged or lost stands between it and the one before.
  private var isApart: [Bool] = []
  /// Where the first one may begin, and the last one end.
  private let starts: [UInt64]
  private let ends: [UInt64]

  /// - Parameter ends: the offsets of what may stand behind memory.
  init(_ table: JudgedTable, tableEnd: UInt64, ends: [UInt64]) {
    headers = table.headers
    let notes = table.headers.lazy.filter { $0.kind == .note }.prefix(16)
    let noteEnd = notes.first.flatMap(\.fileEnd) ?? tableEnd
    let pages = [1, 1 << 12, 1 << 13, 1 << 14, 1 << 16] as [UInt64]
    // Where the notes stand behind the table, memory stands behind them.
    let befores = notes.first?.fileOffset == tableEnd ? [noteEnd] : [tableEnd, noteEnd]
    starts = pages.flatMap { page in befores.map { roundUp($0, to: page) } }
    self.ends = ends + notes.map(\.fileOffset)
    let loads = table.loads
    // Some writers give what has no bytes in the file no place in it.
    let unplaced = loads.count { headers[$0].fileSize == 0 && headers[$0].fileOffset == 0 }
    let isUnplaced = unplaced > JudgedTable.mostDamaged(of: loads.count)
    var next = 0
    var isApart = false
    for (index, header) in headers.enumerated() {
      let number = table.number(at: index)
      isApart = isApart || number != next
      next = number + 1
      guard header.kind == .load, table.marks[index] == .sound else {
        isApart = isApart || header.kind != .note
        continue
      }
      if header.fileSize == 0, isUnplaced { continue }
      links.append(index)
      self.isApart.append(isApart)
      isApart = false
    }
  }

  /// The damaged ones, by their index in the table; none where the rule is not the writer's.
  func damaged() -> [Int] {
    let most = JudgedTable.mostDamaged(of: links.count)
    var damaged: [Int] = []
    /// What is believed of those before, by their place in the chain.
    var believed: [Int] = []
    for link in links.indices {
      var isBelieved = true
      while isBelieved, let last = believed.last, !fits(last, link) {
        if isGap(believed, link) { return [] }
        switch suspect(last, link) {
        case .both:
          damaged += [links[last], links[link]]
          believed.removeLast()
          isBelieved = false
        case .earlier:
          damaged.append(links[last])
          believed.removeLast()
        case .later:
          damaged.append(links[link])
          isBelieved = false
        }
        guard damaged.count <= most + 1 else { return [] }
      }
      if isBelieved { believed.append(link) }
    }
    let good = believed.indices.dropFirst().count {
      isNext(believed[$0 - 1], believed[$0])
    }
    return damaged.count <= max(2, most) && good >= 2 ? damaged.sorted() : []
  }

  private func header(_ link: Int) -> ProgramHeader { headers[links[link]] }
  private func end(_ link: Int) -> UInt64 { header(link).fileEnd ?? .max }

  private func isNext(_ link: Int, _ other: Int) -> Bool { other == link + 1 && !isApart[other] }

  /// Whether the second may stand behind the first: right behind it, where none is missing between them.
  private func fits(_ link: Int, _ other: Int) -> Bool {
    let (start, end) = (header(other).fileOffset, end(link))
    guard isNext(link, other) else { return start >= end }
    return start == end || start == roundUp(end, to: 4096)
  }

  /// Whether something confirms where it ends.
  private func isEndConfirmed(_ link: Int) -> Bool {
    guard link + 1 < links.count else { return ends.contains(end(link)) }
    return isNext(link, link + 1) && fits(link, link + 1)
  }

  /// Whether a break is a gap that the writer left: the entries on both sides are confirmed.
  private func isGap(_ believed: [Int], _ link: Int) -> Bool {
    guard let last = believed.last, isNext(last, link), header(link).fileOffset > end(last) else {
      return false
    }
    let before = believed.dropLast().last
    let isStartConfirmed =
      before.map { isNext($0, last) } ?? starts.contains(header(last).fileOffset)
    // The size in memory confirms the one in the file, and nothing larger than it can be meant.
    let size = header(link).fileOffset - header(last).fileOffset
    let isSizeConfirmed =
      header(last).fileSize == header(last).memorySize || size > header(last).memorySize
    let isLast = link + 1 == links.count
    let isInPlace = isEndConfirmed(link) || isLast && !isMisplaced(link, behind: last)
    return isStartConfirmed && isSizeConfirmed && isInPlace
  }

  /// Whether something confirms where the last one would end if it stood where it belongs.
  private func isMisplaced(_ link: Int, behind last: Int) -> Bool {
    ends.contains(end(last) &+ header(link).fileSize)
  }

  private enum Suspect { case earlier, later, both }

  private func suspect(_ last: Int, _ link: Int) -> Suspect {
    if isEndConfirmed(link) { return .earlier }
    guard link + 1 == links.count, !isMisplaced(link, behind: last) else { return .later }
    return header(last).fileSize == header(last).memorySize ? .later : .both
  }
}
