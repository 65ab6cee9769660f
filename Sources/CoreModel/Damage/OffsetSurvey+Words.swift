package import CoreIO

extension OffsetSurvey {
  /// A place where bytes are missing, or where some are too many: between two offsets of the due file.
  package struct Seam: Hashable, Sendable {
    package var range: Range<UInt64>
    /// How much farther what follows was moved: negative where bytes are missing.
    package var change: Int64

    package init(range: Range<UInt64>, change: Int64) {
      self.range = range
      self.change = change
    }

    /// As reports and the note ORIGIN have it.
    package var json: JSONValue {
      .members([
        "after": .number(range.lowerBound), "before": .number(range.upperBound),
        "missing": .number(change < 0 ? change.magnitude : 0),
        "surplus": .number(change > 0 ? change.magnitude : 0),
      ])
    }

    /// A sentence. Safe to print.
    package var sentence: String {
      let size = counted(change.magnitude, "byte")
      let isOne = change.magnitude == 1
      let place = "somewhere between offsets \(range.lowerBound) and \(range.upperBound)."
      return change < 0
        ? "\(size) \(isOne ? "is" : "are") missing \(place)"
        : "\(size) too many, doubled or strange, \(isOne ? "stands" : "stand") \(place)"
    }
  }

  package var seams: [Seam] {
    guard isMoved else { return told }
    return zip(pieces, pieces.dropFirst()).compactMap { before, after in
      let change = after.move.subtractingReportingOverflow(before.move).partialValue
      return change == 0
        ? nil : Seam(range: before.due.upperBound..<after.due.lowerBound, change: change)
    }
  }

  /// How many bytes are in the input and not where they belong.
  package var movedBytes: UInt64 {
    pieces.reduce(0) { $1.move == 0 ? $0 : $0 &+ $1.due.length }
  }

  /// How many of them are of notes, which are read wherever they stand.
  private var movedNoteBytes: UInt64 {
    pieces.lazy.filter { $0.move != 0 }.map(\.found).reduce(0) { sum, found in
      keptNotes.reduce(sum) { $0 &+ $1.clamped(to: found).length }
    }
  }

  /// Whether bytes are missing inside, or too many, in a few words; nil where neither is known.
  package var summary: String? {
    let seams = seams
    let missing = seams.contains { $0.change < 0 }
    let surplus = seams.contains { $0.change > 0 }
    guard missing || surplus else { return nil }
    return missing && surplus
      ? "bytes missing and too many inside"
      : missing ? "bytes missing inside" : "bytes too many inside"
  }

  /// What there is to say, a sentence each. Safe to print.
  package func sentences(isMended: Bool) -> [String] {
    let most = 4
    var result = seams.prefix(most).map(\.sentence)
    if seams.count > most { result.append("More such places: \(seams.count - most).") }
    if isMoved {
      let size = ByteCount(isMended ? movedBytes : movedBytes &- movedNoteBytes)
      result.append(
        isMended
          ? "\(size) after that were put back to their places."
          : "\(size) after that are not where they belong, and are lost as they"
            + " stand; --shifts mend puts them back.")
    } else if !told.isEmpty {
      result.append(
        isToldMended
          ? "The repair put what came after that back to its place."
          : "What came after that was not where it belonged, and the repair left it out.")
    } else if let brokenTable {
      result.append(
        "Bytes are missing from its program header table, or too many, somewhere between offsets"
          + " \(brokenTable.lowerBound) and \(brokenTable.upperBound): where memory behind it stands is not known."
      )
    } else if let first = doubtedNotes.first, let last = doubtedNotes.last {
      result.append(
        "Bytes may be missing from its notes, or too many, somewhere between offsets"
          + " \(first.lowerBound) and \(last.upperBound): what runs over such a place is not believed."
      )
    }
    return result
  }
}

extension WayIn {
  /// What speaks against a core because of where its bytes stand.
  package var offsetReasons: [CoreVerdict.Reason] {
    var reasons = offsets.sentences(isMended: isMended).map { CoreVerdict.Reason(.moved, $0) }
    let trailing = offsets.trailing
    // Writers fill up the last word, as we do.
    if trailing >= 8, !offsets.isMoved {
      // Some writers put a checksum there; no transfer works in units below a sector.
      reasons.append(
        CoreVerdict.Reason(
          .trailing,
          "The file goes on for \(counted(trailing, "byte")) after the end that its headers tell of:"
            + " strange ones, or a block stands there twice.",
          isDamage: trailing >= 512))
    }
    // One may have been overwritten by the process itself.
    if offsets.missed > 1, !offsets.isMoved {
      reasons.append(
        CoreVerdict.Reason(
          .moved,
          "The headers of \(offsets.missed) programs and libraries are not where they should be: what follows"
            + " them may be moved.",
          isDamage: false))
    }
    return reasons
  }
}
