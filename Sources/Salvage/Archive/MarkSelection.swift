/// Which of the marks in a damaged archive are its own: those that its seek table knows, or else those that join, one after
/// the other, by their chains. What joins nothing is of another archive, or of another one of the same core.
struct MarkSelection {
  /// By their numbers.
  private(set) var marks: [Int: Range<UInt64>] = [:]
  /// The marks of other archives, neighbours as one range.
  private(set) var foreign: [Range<UInt64>] = []

  /// Marks that join. Only the last one is needed to go on.
  private struct Run {
    var last: FrameCatalog.Mark
    var count = 1
    /// Its first mark has this one, and others that of the run that they belong to.
    let number: Int
  }

  /// More archives of the same id than this are not told apart.
  private static let mostRuns = 16

  init(
    _ catalog: FrameCatalog, _ archive: Int, _ table: SeekTable?, in file: any ByteSource
  ) throws(SalvageError) {
    let geometry = catalog.geometries[archive]
    var own = [Bool](repeating: false, count: catalog.marks.count)
    let indices = catalog.marks.indices.filter { catalog.marks[$0].archive == archive }
    if let table {
      let chains = table.chains
      for index in indices {
        own[index] =
          try Self.mark(catalog.marks[index], file)
          == table.mark(Int(catalog.marks[index].number), chains)
      }
    } else if geometry.id == nil {
      // Nothing tells the marks of version 1 apart.
      for index in indices { own[index] = true }
    } else {
      for index in try Self.largestRun(catalog.marks, indices, file) { own[index] = true }
    }
    for (index, mark) in catalog.marks.enumerated() {
      guard own[index] else {
        addForeign(mark.range, follows: index > 0 && !own[index - 1])
        continue
      }
      if marks[Int(mark.number)] == nil { marks[Int(mark.number)] = mark.range }
    }
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

  /// The most marks that join, in any order.
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
      } else if runs.count < mostRuns {
        members[place] = runs.count
        runs.append(Run(last: mark, number: runs.count))
      }
    }
    let best = runs.max { ($0.count, -$0.number) < ($1.count, -$1.number) }?.number
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
