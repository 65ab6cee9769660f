internal import CoreIO

/// Which of the marks and seek tables in a damaged archive are its own: those that join, one after the other, by their
/// chains. What joins nothing is of another archive, or of another one of the same core.
struct MarkSelection {
  /// By their numbers.
  private(set) var marks: [Int: Range<UInt64>] = [:]
  /// The seek table, and where it ends.
  private(set) var table: (table: SeekTable, end: UInt64)?
  /// The marks of other archives, neighbours as one range.
  private(set) var foreign: [Range<UInt64>] = []

  /// Marks that join. Only the last one is needed to go on.
  private struct Run {
    let number: Int
    var last: FrameCatalog.Mark
    var count = 1
    /// Where the first of them in the file is.
    var start: UInt64
  }

  /// More archives of the same id than this are not told apart.
  private static let mostRuns = 16

  init(
    _ catalog: FrameCatalog, _ archive: Int, in file: any ByteSource
  ) throws(SalvageError) {
    let isOld = catalog.geometries[archive].id == nil
    let indices = catalog.marks.indices.filter { catalog.marks[$0].archive == archive }
    // Nothing tells the marks of version 1 apart.
    var own = isOld ? indices : try Self.largestRun(catalog.marks, indices, file)
    for range in catalog.tables(of: archive) {
      guard let frame = try SkippableFrame(at: range.lowerBound, in: file),
        let found = SeekTable(frame)
      else { continue }
      let chains = found.chains
      var agreeing: [Int] = []
      for index in own where try Self.agrees(catalog.marks[index], found, chains, file) {
        agreeing.append(index)
      }
      guard isOld || agreeing.count == own.count else { continue }
      table = (found, range.upperBound)
      own = agreeing
      break
    }
    var isOwn = [Bool](repeating: false, count: catalog.marks.count)
    for index in own { isOwn[index] = true }
    for (index, mark) in catalog.marks.enumerated() {
      guard isOwn[index] else {
        addForeign(mark.range, follows: index > 0 && !isOwn[index - 1])
        continue
      }
      if marks[Int(mark.number)] == nil { marks[Int(mark.number)] = mark.range }
    }
  }

  /// Whether a mark is the one that a seek table asks for.
  private static func agrees(
    _ mark: FrameCatalog.Mark, _ table: SeekTable, _ chains: [UInt64], _ file: any ByteSource
  ) throws(SalvageError) -> Bool {
    guard chains.isEmpty else {
      // The chain is of all blocks before, and the next one's of the mark's own.
      let number = Int(mark.number)
      let next =
        number < table.geometry.groupCount
        ? chains[number + 1] : GroupMark.chain(chains[number], [BlockEntry]())
      return mark.chain == chains[number] && mark.next == next
    }
    return try Self.mark(mark, file) == table.mark(Int(mark.number), chains)
  }

  private static let mostForeign = 64

  private mutating func addForeign(_ range: Range<UInt64>, follows: Bool) {
    if follows || foreign.count >= Self.mostForeign, let last = foreign.last {
      foreign[foreign.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      foreign.append(range)
    }
  }

  private static func mark(
    _ mark: FrameCatalog.Mark, _ file: any ByteSource
  ) throws(SalvageError) -> GroupMark? {
    try SkippableFrame(at: mark.offset, in: file).flatMap { GroupMark($0) }
  }

  /// The marks that join, in any order: of which there are at least half as many as of any others, the first in the file.
  private static func largestRun(
    _ marks: [FrameCatalog.Mark], _ indices: [Int], _ file: any ByteSource
  ) throws(SalvageError) -> [Int] {
    let sorted = indices.sorted {
      (marks[$0].number, marks[$0].offset) < (marks[$1].number, marks[$1].offset)
    }
    var runs: [Run] = []
    var members = [Int](repeating: -1, count: sorted.count)
    for (place, index) in sorted.enumerated() {
      let mark = marks[index]
      if let run = try Self.run(for: mark, in: runs, file) {
        members[place] = run
        if runs[run].last.isSame(as: mark) { continue }
        runs[run].last = mark
        runs[run].count += 1
        runs[run].start = min(runs[run].start, mark.offset)
      } else if runs.count < mostRuns {
        members[place] = runs.count
        runs.append(Run(number: runs.count, last: mark, start: mark.offset))
      }
    }
    let most = runs.map(\.count).max() ?? 0
    let best = runs.filter { $0.count * 2 >= most }.min { $0.start < $1.start }?.number
    return zip(sorted, members).filter { $0.1 == best }.map(\.0)
  }

  /// The run that a mark goes on, or repeats the end of. Where marks between are lost, that it may is enough.
  private static func run(
    for mark: FrameCatalog.Mark, in runs: [Run], _ file: any ByteSource
  ) throws(SalvageError) -> Int? {
    if let same = runs.first(where: { $0.last.isSame(as: mark) }) { return same.number }
    if let run = runs.first(where: {
      $0.last.number + 1 == mark.number && $0.last.next == mark.chain
    }) {
      return run.number
    }
    // One mark is lost between: what it told of, this one tells too.
    if runs.contains(where: { $0.last.number + 2 == mark.number }),
      let previous = try Self.mark(mark, file)?.previous,
      let run = runs.first(where: {
        $0.last.number + 2 == mark.number
          && GroupMark.chain($0.last.next, previous) == mark.chain
      })
    {
      return run.number
    }
    return runs.filter { $0.last.number + 2 < mark.number }
      .max { ($0.count, -$0.number) < ($1.count, -$1.number) }?.number
  }
}
