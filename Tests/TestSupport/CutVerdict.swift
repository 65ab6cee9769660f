/// A repaired core held against the whole one that it was cut from: what must be there is, what is
/// lost is not, and the record says just that. Only for repairs with the default options.
public enum CutVerdict {
  /// Everything that is wrong, in words. Empty is good.
  public static func problems(
    of output: ReferenceCore, from whole: ReferenceCore, cutTo size: UInt64
  ) throws -> [String] {
    let expected = try CutExpectation(of: whole, cutTo: size)
    var found: [String] = []
    func check(_ holds: Bool, _ words: @autoclosure () -> String) {
      if !holds { found.append(words()) }
    }
    check(output.machine == whole.machine, "another machine: \(output.machine)")
    check(
      output.threads.map(\.descriptor) == expected.threads.map(\.descriptor),
      "threads \(output.threadIDs), not \(expected.threads.map(\.id))")
    let rebuilt = try output.rebuilt()?.memory.map(\.range) ?? []
    let notes = output.notes.filter { $0.owner != ReferenceCore.recordOwner }
    // NT_FILE may be a shorter one; then the original stands in FILE.
    let file = output.notes(ReferenceCore.recordOwner, 0x5341_4C04).first
    check(
      notes.map {
        $0.type == ReferenceNote.file ? file?.descriptor ?? $0.descriptor : $0.descriptor
      }
        == expected.notes.map(\.descriptor)
        && notes.map(\.owner) == expected.notes.map(\.owner)
        && notes.map(\.type) == expected.notes.map(\.type), "other notes than survived")
    check(
      output.readableRanges == ReferenceCore.joined(sorted(expected.surviving + rebuilt)),
      "memory at \(output.readableRanges) reads, not \(expected.surviving)")
    check(
      output.undumpedRanges == without(rebuilt, undumped(in: whole, expected)),
      "memory without contents at \(output.undumpedRanges)")
    found += try movedBytes(of: output, from: whole, cutTo: size, but: Set(rebuilt))
    let lost = try output.lost()
    check(lost?.entries == losses(in: whole, expected), "LOST has \(lost?.entries ?? [])")
    check(lost?.sizeFound == size, "LOST: found \(lost?.sizeFound ?? 0)")
    check(lost?.sizeDue == due(in: whole, expected), "LOST: due \(lost?.sizeDue ?? 0)")
    check(output.source.length >= due(in: whole, expected), "shorter than its due size")
    found += try output.contradictions()
    return found
  }

  /// Where a segment's bytes are not what and where they were in the whole file.
  private static func movedBytes(
    of output: ReferenceCore, from whole: ReferenceCore, cutTo size: UInt64,
    but rebuilt: Set<Range<UInt64>>
  ) throws -> [String] {
    var found: [String] = []
    for segment in output.loads
    where segment.fileSize > 0 && !rebuilt.contains(segment.readableRange) {
      guard
        let own = whole.segments(touching: segment.readableRange).first,
        own.offset &+ (segment.address &- own.address) == segment.offset,
        segment.fileRange.upperBound <= min(size, whole.source.length)
      else {
        found.append("program header \(segment.index) has moved")
        continue
      }
      var position = segment.offset
      while position < segment.fileRange.upperBound {
        let count = Int(min(1 << 20, segment.fileRange.upperBound - position))
        let bytes = try output.source.read(at: position, count: count)
        if try !bytes.isIdentical(to: whole.source.read(at: position, count: count)) {
          found.append("other bytes at offset \(position)")
        }
        position += UInt64(count)
      }
    }
    return found
  }

  private static func sorted(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// What is left of `ranges` beside others.
  private static func without(
    _ others: [Range<UInt64>], _ ranges: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    others.reduce(ranges) { ranges, other in
      ranges.flatMap { range in
        [
          range.lowerBound..<min(max(range.lowerBound, other.lowerBound), range.upperBound),
          max(min(range.upperBound, other.upperBound), range.lowerBound)..<range.upperBound,
        ].filter { !$0.isEmpty }
      }
    }
  }

  /// Memory that was never dumped, and that no cut loses.
  private static func undumped(
    in whole: ReferenceCore, _ expected: CutExpectation
  ) -> [Range<UInt64>] {
    let ranges = whole.segments.prefix(expected.headers)
      .filter { $0.isLoad && ($0.fileSize == 0 || $0.fileRange.upperBound <= expected.size) }
      .map { $0.readableRange.upperBound..<$0.memoryRange.upperBound }
    return ReferenceCore.joined(
      ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound })
  }

  /// All entries of LOST, those of the table and the notes among them.
  private static func losses(
    in whole: ReferenceCore, _ expected: CutExpectation
  ) -> [ReferenceLoss] {
    var losses = expected.lost
    func add(_ range: Range<UInt64>, header: UInt32, flags: UInt32) {
      let start = max(range.lowerBound, expected.size)
      guard start < range.upperBound else { return }
      losses.append(
        ReferenceLoss(
          address: 0, length: range.upperBound - start, offset: start, header: header, flags: flags,
          cause: 1, state: 1))
    }
    add(whole.tableRange, header: ReferenceLoss.noHeader, flags: 0)
    for segment in whole.segments.prefix(expected.headers) where segment.isNote {
      add(segment.fileRange, header: UInt32(segment.index), flags: segment.flags)
    }
    return losses.sorted { $0.offset < $1.offset }
  }

  /// The size that the surviving headers tell of.
  private static func due(in whole: ReferenceCore, _ expected: CutExpectation) -> UInt64 {
    let ends = whole.segments.prefix(expected.headers).filter { $0.fileSize > 0 }
      .map(\.fileRange.upperBound)
    return max(whole.tableRange.upperBound, whole.sectionRange.upperBound, ends.max() ?? 0)
  }
}
