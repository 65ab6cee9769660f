/// Which stretches of a core stand where its headers say. A block that a copy left out moves all that follows it towards
/// the beginning, one that stands twice moves it towards the end, and no length needs to show either.
///
/// It is told by things whose place and looks are known: see `Anchor`.
public struct OffsetSurvey: Hashable, Sendable {
  /// A stretch whose bytes all stand equally far from where they belong.
  public struct Piece: Hashable, Sendable {
    /// Where it belongs. Its bytes are known to be its own from the first anchor in it to the last.
    public internal(set) var due: Range<UInt64>
    /// How far from there it stands in the input: negative where bytes before it are missing.
    public internal(set) var move: Int64
    /// How many anchors say so.
    public internal(set) var witnesses: Int

    /// Where it stands.
    package var found: Range<UInt64> { due.moved(by: move) ?? due.lowerBound..<due.lowerBound }
  }

  /// In the order of both files, apart from each other. Where nothing was moved there is one, and all stands in its place.
  public internal(set) var pieces: [Piece] = []
  /// Bytes behind all that the headers tell of.
  public private(set) var trailing: UInt64 = 0
  /// How many headers of programs and libraries should be in it and are nowhere: something else stands in their places.
  public internal(set) var missed = 0
  /// Parts of the input that no note is believed in: it may begin before a place where bytes are missing, or too many, and end
  /// behind it.
  package internal(set) var doubtedNotes: [Range<UInt64>] = []
  /// Where notes stand in the input behind the first such place. Each tells by itself what it is, wherever it stands.
  package internal(set) var keptNotes: [Range<UInt64>] = []

  /// The part of the program header table that is none any more, where nothing tells whether what follows was moved, and how far.
  package internal(set) var brokenTable: Range<UInt64>?

  /// What the notes of a repair tell of its input, which is no longer as it was: where bytes were missing in it, or too many.
  package var told: [Seam] = []
  /// Whether that repair put back what was moved.
  package var isToldMended = false

  /// Nothing known, and nothing moved.
  package init() {}

  /// Whether part of the core is not where it belongs, which is certain.
  public var isMoved: Bool { pieces.contains { $0.move != 0 } }

  /// What can't be believed where it stands: all that was moved, and what lies between two pieces.
  package var misplaced: [DamageMap.Extent] {
    let doubted = doubtedNotes.map { DamageMap.Extent(range: $0, cause: .damaged) }
    let gaps: [DamageMap.Extent]
    if isMoved {
      gaps = self.gaps(between: pieces.filter { $0.move == 0 }, to: .max)
    } else if let brokenTable {
      gaps = [.init(range: brokenTable.lowerBound..<UInt64.max, cause: .damaged)]
    } else {
      return doubted
    }
    let moved = gaps.flatMap { gap in
      var parts: [DamageMap.Extent] = []
      var position = gap.range.lowerBound
      for kept in keptNotes
      where kept.upperBound > position && kept.lowerBound < gap.range.upperBound {
        if kept.lowerBound > position {
          parts.append(.init(range: position..<kept.lowerBound, cause: gap.cause))
        }
        position = min(kept.upperBound, gap.range.upperBound)
      }
      if position < gap.range.upperBound {
        parts.append(.init(range: position..<gap.range.upperBound, cause: gap.cause))
      }
      return parts
    }
    return moved + doubted
  }

  /// What can't be had even by putting all pieces back: the bytes between them, of which it is unknown how far they moved.
  package var uncertain: [DamageMap.Extent] {
    gaps(between: pieces, to: pieces.last?.due.upperBound ?? 0)
  }

  private func gaps(between pieces: [Piece], to end: UInt64) -> [DamageMap.Extent] {
    var position: UInt64 = 0
    var gaps: [DamageMap.Extent] = []
    for piece in pieces {
      if piece.due.lowerBound > position {
        gaps.append(.init(range: position..<piece.due.lowerBound, cause: .damaged))
      }
      position = piece.due.upperBound
    }
    if position < end { gaps.append(.init(range: position..<end, cause: .damaged)) }
    return gaps
  }
}

extension OffsetSurvey {
  /// What is known of one anchor: where it belongs, and how far from there it was found.
  package struct Evidence: Hashable, Sendable {
    package var due: Range<UInt64>
    package var moves: [Int64]

    package init(due: Range<UInt64>, moves: [Int64]) {
      self.due = due
      self.moves = moves
    }
  }

  /// Weighs the evidence.
  ///
  /// One anchor that is not in its place tells of nothing: a process may have overwritten it, and have a copy. Two that
  /// were moved equally far do, or one and the file's end. What looks right in two places tells nothing either.
  ///
  /// - Parameters:
  ///   - head: the end of the headers and notes that were read.
  ///   - found: the size of the input, `due` the size that the headers tell of.
  package init(_ evidence: [Evidence], head: UInt64, found: UInt64, due: UInt64) {
    trailing = found > due ? found - due : 0
    var runs = [Piece(due: 0..<head, move: 0, witnesses: 2)]
    let sorted = evidence.filter { $0.moves.count == 1 && $0.due.lowerBound >= head }
      .sorted { $0.due.lowerBound < $1.due.lowerBound }
    for evidence in sorted {
      let last = runs[runs.count - 1]
      if last.move == evidence.moves[0] {
        let end = max(last.due.upperBound, evidence.due.upperBound)
        runs[runs.count - 1].due = last.due.lowerBound..<end
        runs[runs.count - 1].witnesses += 1
      } else if last.due.upperBound <= evidence.due.lowerBound {
        runs.append(Piece(due: evidence.due, move: evidence.moves[0], witnesses: 1))
      }
    }
    let endMove = Int64(clamping: found) - Int64(clamping: due)
    if runs[runs.count - 1].move == endMove { runs[runs.count - 1].witnesses += 1 }
    for run in runs { add(run) }
    guard let last = pieces.last else { return }
    if !isMoved {
      pieces = [Piece(due: 0..<max(due, found), move: 0, witnesses: last.witnesses)]
    } else if last.move == endMove {
      pieces[pieces.count - 1].due = last.due.lowerBound..<max(due, last.due.upperBound)
    }
  }

  /// Adds a run of anchors, unless it is too weak or can't stand there together with those before it.
  private mutating func add(_ run: Piece) {
    guard run.move == 0 || run.witnesses > 1, run.due.moved(by: run.move) != nil else { return }
    while let last = pieces.last {
      if last.move == run.move {
        // Between two that agree there was only what tells nothing.
        pieces[pieces.count - 1].due = last.due.lowerBound..<run.due.upperBound
        pieces[pieces.count - 1].witnesses += run.witnesses
        return
      }
      if last.found.upperBound <= run.found.lowerBound { break }
      guard run.witnesses > last.witnesses, pieces.count > 1 else { return }
      pieces.removeLast()
    }
    pieces.append(run)
  }
}

extension Range where Bound == UInt64 {
  /// The same range so far away; nil where no file reaches there.
  package func moved(by move: Int64) -> Range<UInt64>? {
    guard let start = Int64(exactly: lowerBound)?.addingReportingOverflow(move),
      let end = Int64(exactly: upperBound)?.addingReportingOverflow(move),
      !start.overflow, !end.overflow, start.partialValue >= 0
    else { return nil }
    return UInt64(start.partialValue)..<UInt64(end.partialValue)
  }
}
