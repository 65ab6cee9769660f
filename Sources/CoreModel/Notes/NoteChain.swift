internal import CoreIO
internal import ELFCore

/// The notes of a PT_NOTE as they follow one another, and where one doesn't begin where the one before it ends.
///
/// The note before such a place is of its type's size, and need not be whole: where bytes are missing it goes on in what
/// came after them.
struct NoteChain {
  /// What is not believed of notes that were moved in part, and what is.
  struct Doubt {
    /// Parts of the input, in rising order: from the last note that may run over a place where bytes are missing or too
    /// many, to the next one that is found.
    var ranges: [Range<UInt64>]
    /// Where notes stand in the input behind the first of these.
    var kept: [Range<UInt64>]
    /// What is known of where the last notes belong.
    var evidence: [OffsetSurvey.Evidence] = []

    /// Up to where all stands as it was written.
    var start: UInt64 { ranges[0].lowerBound }
  }

  /// Where the notes belong.
  struct Place {
    /// Where the header says that they are.
    let segment: Range<UInt64>
    /// Whether they come before memory.
    let isBeforeMemory: Bool
    /// Where the memory behind them begins.
    fileprivate let memoryStart: UInt64?
    fileprivate let alignment: UInt64

    /// nil where all notes are where the header says, or none of them tells where they are.
    init?(_ structure: CoreStructure) {
      guard !structure.notesAreFound, !structure.notesAreMerged,
        let header = structure.programHeaders.first(where: { $0.kind == .note && $0.fileSize > 0 }),
        let end = header.fileEnd, end <= UInt64(Int64.max)
      else { return nil }
      let memory = structure.programHeaders.lazy.filter { $0.kind == .load && $0.fileSize > 0 }
        .map(\.fileOffset)
      // A header that names too many bytes tells nothing of where the notes end.
      let bound = memory.filter { $0 > header.fileOffset }.min() ?? .max
      guard end <= bound else { return nil }
      memoryStart = bound == .max ? nil : bound
      isBeforeMemory = memory.allSatisfy { $0 > header.fileOffset }
      segment = header.fileOffset..<end
      alignment = header.alignment == 8 ? 8 : 4
    }
  }

  private let place: Place
  private let notes: [Note]
  /// Indices of notes without anything between them.
  private let runs: [Range<Int>]
  private let structure: CoreStructure

  init(_ structure: CoreStructure, _ place: Place) {
    self.place = place
    let (start, alignment) = (place.segment.lowerBound, place.alignment)
    let bound = place.memoryStart ?? .max
    notes = structure.notes.filter { $0.fileOffset >= start && $0.fileOffset < bound }
    func due(behind note: Note) -> UInt64 {
      roundUp(note.fileEnd - start, to: alignment) + start
    }
    var runs: [Range<Int>] = []
    for index in notes.indices {
      if let last = runs.last, notes[index].fileOffset == due(behind: notes[index - 1]) {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    self.runs = runs
    self.structure = structure
  }

  private var segment: Range<UInt64> { place.segment }
  private var alignment: UInt64 { place.alignment }
  private var memoryStart: UInt64? { place.memoryStart }
  private var isBeforeMemory: Bool { place.isBeforeMemory }

  /// The end of the last note.
  private var end: UInt64 { notes.last.map { roundUp($0.fileEnd, to: 4) } ?? segment.lowerBound }

  /// How far the last note's end is from where the header has it.
  private var endMove: Int64 {
    guard let last = notes.last else { return .min }
    let padded = roundUp(last.fileEnd - segment.lowerBound, to: alignment) + segment.lowerBound
    return [last.fileEnd, padded].contains(segment.upperBound)
      ? 0 : Int64(clamping: end) - Int64(clamping: segment.upperBound)
  }

  /// Whether what begins where the header has the notes is a note.
  private var beginsRight: Bool { notes.first?.fileOffset == segment.lowerBound }

  /// Whether all notes that the header tells of are there.
  var isWhole: Bool { !structure.notesAreCut && endMove == 0 }

  /// - Parameters:
  ///   - move: how far what follows the notes was moved; nil where nothing tells.
  ///   - likely: distances that anything speaks for.
  func doubt(
    _ move: Int64?, likely: [Int64], _ source: any ByteSource, _ present: DamageMap
  ) throws(SalvageError) -> Doubt? {
    guard move != 0 else { return nil }
    if isWhole {
      guard let move else { return nil }
      // More notes follow: the header ends them where by chance one ends.
      if move > 0, try goesOn(source, present) { return chainedDoubt(to: segment.upperBound) }
      return try lastDoubt(move, source)
    }
    // Where the last one ends as it must, what is wrong before it is wrong in its place.
    guard structure.notesAreCut, endMove != 0 else { return nil }
    guard try !isOnlyCut(source, present) else { return nil }
    let endsEarly = try endsEarly(source)
    let isAgreed = endMove == move || likely.contains(endMove)
    let isEnd = isAgreed || move == nil && endsEarly && runs.count > 1
    guard isEnd else {
      if move == nil, endsEarly, runs.count == 1, beginsRight, segment.upperBound % 512 != 0 {
        // Zeros that no block begins with, and nobody fills up to such a place.
        return chainedDoubt(to: end)
      }
      guard let move, move > 0, try goesOn(source, present) else {
        return try openDoubt(isMoved: move != nil, source, present)
      }
      // They go on where the header has memory.
      return runs.count == 1 && beginsRight
        ? chainedDoubt(to: end) : try endedDoubt(move, source, present)
    }
    var doubt =
      runs.count == 1 && beginsRight
      ? chainedDoubt(to: end) : try endedDoubt(endMove, source, present)
    doubt?.evidence += endEvidence(isCertain: !isAgreed)
    return doubt
  }

  /// What runs over a place behind which another note was found.
  private func endedDoubt(
    _ move: Int64, _ source: any ByteSource, _ present: DamageMap
  ) throws(SalvageError) -> Doubt? {
    guard var doubt = Doubt(try breaks(source, present, move), self) else { return nil }
    if let last = doubt.ranges.last?.upperBound, last < end,
      let due = (last..<end).moved(by: -move), due.lowerBound >= doubt.start
    {
      doubt.evidence.append(.init(due: due, moves: [move]))
    }
    return doubt
  }

  /// Where all notes are as they must be, and what follows was moved: the last one may end in what comes behind the notes, or
  /// go on behind its end.
  private func lastDoubt(
    _ move: Int64, _ source: any ByteSource
  ) throws(SalvageError) -> Doubt? {
    // A list of files whose end is another's holds no sense.
    guard let last = notes.last, last.kind != .mappedFiles || !last.isProcessNote else {
      return nil
    }
    let end = segment.upperBound
    guard isBeforeMemory else { return Doubt([last.fileOffset..<end], self) }
    // A kernel fills the last page of the notes up with zeros.
    let room = (memoryStart ?? end) - end
    let count = min(move.magnitude, room, 8)
    let start = move < 0 ? end - count : end
    let isZeros = try source.bytes(at: start, count: Int(count)).areZeros
    return isZeros == (move < 0) ? Doubt([last.fileOffset..<end], self) : nil
  }

  /// The same where also the last note may run over one.
  private func openDoubt(
    isMoved: Bool, _ source: any ByteSource, _ present: DamageMap
  ) throws(SalvageError) -> Doubt? {
    var ranges = try breaks(source, present, 0)
    var links = Links(NoteReader(source, present, structure.format), segment, alignment)
    let start = try notes.last.map { last throws(SalvageError) in try links.doubtStart(last) }
    let stop = max(min(segment.upperBound, source.size), end)
    // Of a note that the file's end cuts off the header may be missing as well.
    if source.size >= end, source.size - end >= UInt64(Note.headerSize + 8),
      notes.last.map({ isCutByDamage($0, present) }) ?? true
    {
      let range = min(start ?? segment.lowerBound, stop)..<stop
      // What follows the last note is one that is damaged, or cut off; it is none of ours.
      if !range.isEmpty, range.lowerBound < end || isMoved { ranges.append(range) }
    }
    return Doubt(ranges, self)
  }

  /// From the last note of each run to the next one.
  private func breaks(
    _ source: any ByteSource, _ present: DamageMap, _ move: Int64
  ) throws(SalvageError) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    if !beginsRight, let first = notes.first {
      ranges.append(segment.lowerBound..<first.fileOffset)
    }
    var links = Links(NoteReader(source, present, structure.format), segment, alignment)
    for (before, after) in zip(runs, runs.dropFirst()) {
      let last = notes[before.upperBound - 1]
      guard isCutByDamage(last, present) else { continue }
      let next = notes[next(after, last, move)].fileOffset
      let start = try links.doubtStart(last)
      guard start == last.fileOffset, move <= 0 else {
        ranges.append(min(start, next)..<next)
        continue
      }
      ranges.append(start..<(try links.first(in: last, to: next)))
    }
    return ranges
  }

  /// That the notes end where they do; twice where that alone is to count.
  private func endEvidence(isCertain: Bool) -> [OffsetSurvey.Evidence] {
    let start = isBeforeMemory ? segment.upperBound : segment.upperBound - 1
    let evidence = OffsetSurvey.Evidence(due: start..<start + 1, moves: [endMove])
    return isCertain ? [evidence, evidence] : [evidence]
  }

  /// The first note of a run that is none that stands twice, where bytes were doubled.
  private func next(_ run: Range<Int>, _ last: Note, _ move: Int64) -> Int {
    guard move > 0 else { return run.lowerBound }
    let end = last.fileEnd &+ UInt64(move)
    return run.first { notes[$0].fileOffset >= end } ?? run.upperBound - 1
  }

  /// Whether nothing but what is in the input tells why no note follows.
  private func isCutByDamage(_ note: Note, _ present: DamageMap) -> Bool {
    let next = roundUp(note.fileEnd, to: 4)
    return present.survives(next..<next + 4)
  }

  /// Whether the last note is followed by what a kernel writes behind the last one, and by no block of zeros.
  private func endsEarly(_ source: any ByteSource) throws(SalvageError) -> Bool {
    guard end < segment.upperBound, end % 512 != 0 else { return false }
    let bytes = try source.bytes(at: end, count: Note.headerSize)
    return bytes.count == Note.headerSize && bytes.areZeros
  }

  /// Whether a note begins where the last one ends.
  private func goesOn(_ source: any ByteSource, _ present: DamageMap) throws(SalvageError) -> Bool {
    guard let last = notes.last else { return false }
    var links = Links(NoteReader(source, present, structure.format), segment, alignment)
    return try links.doubtStart(last) != last.fileOffset
  }

  /// Whether the last one is followed by one that the file's end cuts off and that ends where the header has the notes' end:
  /// then nothing is missing before it, however much is missing of the file.
  private func isOnlyCut(
    _ source: any ByteSource, _ present: DamageMap
  ) throws(SalvageError) -> Bool {
    guard runs.count == 1, beginsRight, source.size < segment.upperBound, let last = notes.last
    else { return false }
    var reader = NoteReader(source, present, structure.format)
    let next = roundUp(last.fileEnd - segment.lowerBound, to: alignment) + segment.lowerBound
    guard let cut = try reader.note(at: next, alignment: alignment), cut.hasGoodName else {
      return false
    }
    let padded = roundUp(cut.fileEnd - segment.lowerBound, to: alignment) + segment.lowerBound
    return [cut.fileEnd, padded].contains(segment.upperBound)
  }

  /// Where each note is followed by one, and yet there are too few or too many bytes: any of them may begin as one and end
  /// as another. Those before the list of mapped files don't, of which there is one, which would not hold sense.
  private func chainedDoubt(to end: UInt64) -> Doubt? {
    let single: [Note.Kind] = [.processInfo, .signalInfo, .auxiliaryVector, .mappedFiles]
    let kinds = notes.lazy.filter { $0.owner == KnownNotes.core }.map(\.kind)
    var start = segment.lowerBound
    if single.allSatisfy({ kind in kinds.count { $0 == kind } == 1 }),
      let files = notes.first(where: { $0.isProcessNote && $0.kind == .mappedFiles }),
      notes.count(where: { $0.kind == .threadStatus && $0.fileOffset < files.fileOffset }) == 1
    {
      start = roundUp(files.fileEnd, to: 4)
    }
    return start < end ? Doubt([start..<end], self) : nil
  }

  /// Notes behind an offset.
  fileprivate func kept(behind start: UInt64) -> [Range<UInt64>] {
    runs.compactMap { run in
      let first = notes[run.lowerBound].fileOffset
      return first >= start ? first..<notes[run.upperBound - 1].fileEnd : nil
    }
  }
}

extension NoteChain.Doubt {
  /// A copy that went wrong in more places is a hostile one.
  private static let most = 1024

  /// nil for no ranges. Of many, the last ones are one.
  fileprivate init?(_ ranges: [Range<UInt64>], _ chain: NoteChain) {
    guard let first = ranges.first, let last = ranges.last else { return nil }
    let rest = ranges.dropFirst(Self.most).first
    self.ranges =
      ranges.prefix(Self.most) + (rest.map { [$0.lowerBound..<last.upperBound] } ?? [])
    let kept = chain.kept(behind: first.lowerBound)
    // What leads to a note is one as well, and none that was taken.
    let leading = self.ranges.compactMap { range -> Range<UInt64>? in
      let next = kept.partitioningIndex { $0.lowerBound >= range.upperBound }
      guard next < kept.count, kept[next].lowerBound > range.upperBound else { return nil }
      return range.upperBound..<kept[next].lowerBound
    }
    let all = leading + kept.filter { $0.lowerBound >= first.upperBound }
    self.kept = Array(all.sorted { $0.lowerBound < $1.lowerBound }.prefix(4 * Self.most))
  }
}

/// Finds notes by those that they lead to.
private struct Links {
  private var reader: NoteReader
  private let start: UInt64
  private let alignment: UInt64
  /// How many headers are still read: of a hostile core's, each place may be one.
  private var budget = 1 << 14

  init(_ reader: NoteReader, _ segment: Range<UInt64>, _ alignment: UInt64) {
    self.reader = reader
    start = segment.lowerBound
    self.alignment = alignment
  }

  /// Where what is not believed begins: a note that leads to the header of another ends where it must.
  mutating func doubtStart(_ note: Note) throws(SalvageError) -> UInt64 {
    let next = roundUp(note.fileEnd - start, to: alignment) + start
    let header = try reader.note(at: next, alignment: alignment)
    return header.map { $0.hasGoodName } ?? false ? next : note.fileOffset
  }

  /// Where the first note begins inside another one from which note follows note up to `end`; that itself where there is none.
  mutating func first(in note: Note, to end: UInt64) throws(SalvageError) -> UInt64 {
    var offset = note.fileOffset + UInt64(KnownNotes.shortest)
    let stop = min(end, note.fileEnd)
    while offset < stop, budget > 0 {
      if try leads(from: offset, to: end) { return offset }
      offset += 4
    }
    return end
  }

  private mutating func leads(from start: UInt64, to end: UInt64) throws(SalvageError) -> Bool {
    var offset = start
    while offset < end, budget > 0 {
      budget -= 1
      guard let note = try reader.note(at: offset, alignment: alignment), KnownNotes.knows(note),
        note.descriptorSize > 0, note.fileEnd <= end
      else { return false }
      offset = roundUp(note.fileEnd - start, to: alignment) + start
    }
    return offset == end
  }
}
