package import CoreIO
internal import ELFCore

extension OffsetSurvey {
  /// Looks at the anchors of a core. Where all are in their places that takes a small read for each; only where one is
  /// not, the input is searched for where it went.
  ///
  /// - Parameter written: gets the offsets of header pages that were found to begin with an ELF header.
  package init(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ source: any ByteSource,
    _ present: DamageMap, _ written: inout Set<UInt64>
  ) throws(SalvageError) {
    if present.survives(structure.tableRange), let seam = try TableSeam(structure, source) {
      try self.init(behind: seam, structure, process, source, present, &written)
      return
    }
    guard let due = structure.sizeDue else {
      self.init()
      return
    }
    var structure = structure
    var process = process
    let endMove = Int64(clamping: source.size) - Int64(clamping: due)
    let notes = try MovedNotes(structure, source, present, endMove: endMove)
    var head = Self.head(of: structure)
    if let notes {
      let view = ShiftedSource(
        source, OffsetSurvey(head: head, notes: MovedNotes.segment(of: structure), notes.move))
      structure = try Probe.structure(of: view)
      process = try ProcessSnapshot(structure, view)
    }
    let whole = DamageMap(sizeFound: due, sizeDue: due)
    let memory = CoreMemory(structure, whole, source)
    let anchors = Anchors(structure, process, memory)
    let reader = AnchorReader(
      memory: memory, machine: structure.header.machine, mappings: anchors.mappings,
      pageSize: anchors.pageSize, source: source, present: present)
    let noteMove = notes?.move ?? 0
    let tried = (noteMove == endMove ? [endMove] : [endMove, noteMove].sorted())
      .filter { $0 != 0 }
    var sightings = try Sightings(anchors, reader, &written)
    var evidence = try sightings.evidence(tried)
    var doubt: NoteChain.Doubt?
    if notes == nil, let place = NoteChain.Place(structure) {
      let end = place.segment.upperBound
      // Notes that go on behind their end tell nothing of memory there.
      let plain = OffsetSurvey(evidence, head: min(head, end), found: source.size, due: due)
      let move = plain.move(behind: end, evidence) ?? (endMove == 0 ? 0 : nil)
      let likely = evidence.filter { $0.due.lowerBound >= end && $0.moves.count == 1 }
        .map { $0.moves[0] }
      doubt =
        move == 0
        ? nil
        : try NoteChain(structure, place).doubt(
          move, likely: likely + [endMove], source, present)
      if let doubt {
        evidence += doubt.evidence
        if place.isBeforeMemory {
          head = doubt.start
        } else if place.segment.lowerBound < doubt.start {
          evidence.append(Evidence(due: place.segment.lowerBound..<doubt.start, moves: [0]))
        }
      }
    }
    if doubt == nil, let segment = MovedNotes.segment(of: structure), !structure.notesAreCut,
      MovedNotes.standsInPlace(segment, structure)
    {
      let range = segment.fileOffset..<segment.fileOffset + segment.fileSize
      evidence.append(Evidence(due: range, moves: [notes?.move ?? 0]))
    }
    self.init(evidence, head: head, found: source.size, due: due)
    missed = sightings.missed
    doubtedNotes = doubt?.ranges ?? []
    keptNotes = doubt?.kept ?? []
  }

  /// Of a core whose program header table is broken. What is behind it may have been moved once more.
  private init(
    behind seam: TableSeam, _ structure: CoreStructure, _ process: ProcessSnapshot,
    _ source: any ByteSource, _ present: DamageMap, _ written: inout Set<UInt64>
  ) throws(SalvageError) {
    guard let move = seam.move else {
      try self.init(by: seam, structure, process, source, present, &written)
      return
    }
    var outer = OffsetSurvey()
    outer.pieces = seam.pieces
    outer.keptNotes = Self.kept(structure.notes)
    let view = ShiftedSource(source, outer)
    guard let structure = try? Probe.structure(of: view) else {
      self = outer
      return
    }
    var map = DamageMap(sizeFound: view.size, sizeDue: view.size)
    map.lose(
      present.extents.filter { $0.cause != nil }.flatMap { loss in
        view.moved(loss.range).map { DamageMap.Extent(range: $0, cause: loss.cause) }
      })
    // What is written where, is told of the input as it stands.
    var elsewhere: Set<UInt64> = []
    let inner = try OffsetSurvey(
      structure, ProcessSnapshot(structure, view), view, map, &elsewhere)
    self.init()
    pieces = inner.isMoved ? Self.joined(inner.pieces, over: outer.pieces) : outer.pieces
    doubtedNotes = inner.doubtedNotes.compactMap { $0.moved(by: move) }
    keptNotes =
      doubtedNotes.isEmpty
      ? outer.keptNotes : inner.keptNotes.compactMap { $0.moved(by: move) }
  }

  /// Pieces of what others make of the input, as pieces of the input itself.
  private static func joined(_ inner: [Piece], over outer: [Piece]) -> [Piece] {
    inner.flatMap { piece in
      outer.compactMap { base in
        let found = piece.found.clamped(to: base.due)
        let (move, overflow) = base.move.addingReportingOverflow(piece.move)
        guard !found.isEmpty, !overflow, let due = found.moved(by: -piece.move) else { return nil }
        return Piece(due: due, move: move, witnesses: piece.witnesses)
      }
    }
  }

  /// The same where nothing behind the table tells how far it was moved: by what is known from the entries before the place.
  private init(
    by seam: TableSeam, _ structure: CoreStructure, _ process: ProcessSnapshot,
    _ source: any ByteSource, _ present: DamageMap, _ written: inout Set<UInt64>
  ) throws(SalvageError) {
    let kept = Self.kept(structure.notes)
    let notes = try MovedNotes(structure, source, present, endMove: 0)
    let place = MovedNotes.segment(of: structure)
    var process = process
    if let notes {
      let view = ShiftedSource(
        source, OffsetSurvey(head: seam.soundEnd, notes: place, notes.move))
      if let found = try? Probe.structure(of: view) {
        process = try ProcessSnapshot(found, view)
      }
    }
    var structure = structure
    structure.table = structure.table.prefix(seam.soundCount)
    let whole = DamageMap(sizeFound: source.size, sizeDue: source.size)
    let memory = CoreMemory(structure, whole, source)
    let anchors = Anchors(structure, process, memory)
    let reader = AnchorReader(
      memory: memory, machine: structure.header.machine, mappings: anchors.mappings,
      pageSize: anchors.pageSize, source: source, present: present)
    var sightings = try Sightings(anchors, reader, &written)
    var evidence = try sightings.evidence(notes.map { [$0.move] } ?? [])
    if let notes, let place {
      let range = place.fileOffset..<place.fileOffset + place.fileSize
      evidence.append(Evidence(due: range, moves: [notes.move]))
    }
    self.init(evidence, head: seam.soundEnd, found: source.size, due: source.size)
    keptNotes = kept
    // Bytes may have become others, or zeros, without being moved.
    if !isMoved, !evidence.contains(where: { $0.moves == [0] }) {
      brokenTable = seam.soundEnd..<seam.tableEnd
    }
  }

  /// Where notes stand that tell by themselves what they are. One of a thread does so behind that thread's NT_PRSTATUS.
  private static func kept(_ notes: [Note]) -> [Range<UInt64>] {
    let first = notes.firstIndex { $0.isProcessNote && $0.kind == .threadStatus } ?? notes.count
    return notes.enumerated().filter { index, note in
      index >= first || note.isProcessNote && note.kind != .floatingPoint
    }.map(\.element.fileRange).sorted { $0.lowerBound < $1.lowerBound }
  }

  /// How far what follows an offset was moved; nil where nothing tells.
  private func move(behind offset: UInt64, _ evidence: [Evidence]) -> Int64? {
    guard isMoved else {
      return evidence.contains { $0.due.lowerBound >= offset && $0.moves == [0] } ? 0 : nil
    }
    return pieces.first { $0.due.upperBound > offset }?.move
  }

  /// The headers in their place, and the notes elsewhere.
  private init(head: UInt64, notes segment: ProgramHeader?, _ move: Int64) {
    self.init()
    pieces = [Piece(due: 0..<head, move: 0, witnesses: 1)]
    if let segment {
      let range = segment.fileOffset..<segment.fileOffset + segment.fileSize
      pieces.append(Piece(due: range, move: move, witnesses: 1))
    }
  }

  /// The end of what was read of the headers, and of the notes where they stand before memory. Of notes that go wrong the
  /// last one that seems whole may hold the place where they do.
  private static func head(of structure: CoreStructure) -> UInt64 {
    let table = structure.tableRange.upperBound
    let memory =
      structure.programHeaders.lazy.filter { $0.kind == .load && $0.fileSize > 0 }
      .map(\.fileOffset).min() ?? .max
    guard
      let last = structure.notes.last(where: { $0.fileOffset >= table && $0.fileEnd <= memory })
    else { return table }
    return structure.notesAreCut ? last.fileOffset : last.fileEnd
  }
}

/// Where each anchor was seen.
private struct Sightings {
  private let anchors: Anchors
  private let reader: AnchorReader
  /// Those of the list, and more that were found by them.
  private var list: [Anchor]
  private var moves: [[Int64]]
  /// The part of each one's place in the due file that tells.
  private var told: [Range<UInt64>]
  private var isMissed: [Bool]
  /// Whether an image is nowhere, and zeros in its place.
  private var isBlank = false
  /// Which ones were found elsewhere by more than what they are told by.
  private var isSure: Set<Int> = []

  /// How many distances are tried, and how many images for one anchor.
  private static let mostMoves = 16

  init(
    _ anchors: Anchors, _ reader: AnchorReader, _ written: inout Set<UInt64>
  ) throws(SalvageError) {
    self.anchors = anchors
    self.reader = reader
    list = anchors.list
    moves = list.map { _ in [] }
    told = list.map(\.place)
    isMissed = []
    for index in list.indices {
      let look = try look(at: index, moved: 0)
      if case .image = list[index].thing {
        if case .zeros = look { isBlank = true }
        if look.isRight { written.insert(list[index].place.lowerBound) }
      }
      isMissed.append(look.isWrong)
    }
  }

  /// Looks at an anchor, and keeps it where it was seen.
  @discardableResult
  private mutating func look(at index: Int, moved move: Int64) throws(SalvageError) -> Anchor.Look {
    let look = try reader.look(at: list[index], moved: move)
    if case .right(let part) = look {
      moves[index].append(move)
      let start = list[index].place.lowerBound
      told[index] = start + part.lowerBound..<start + part.upperBound
    }
    return look
  }

  /// All that is known, by some distances that are likely and those that are found.
  mutating func evidence(
    _ likely: [Int64]
  ) throws(SalvageError) -> [OffsetSurvey.Evidence] {
    var tried = likely
    for move in try searched() + nearby() where !tried.contains(move) { tried.append(move) }
    try look(for: &tried)
    guard !tried.isEmpty else { return result() }
    try addDynamicSections(tried)
    return result()
  }

  /// Distances at which images that are not in their places were found, the likeliest first.
  private func searched() throws(SalvageError) -> [Int64] {
    let lost = list.indices.filter {
      guard case .image = list[$0].thing else { return false }
      return moves[$0].isEmpty
    }
    guard !lost.isEmpty, isMissed.contains(true) || isBlank || isGuessedWrong else { return [] }
    let places = lost.map { list[$0].place }.sorted { $0.lowerBound < $1.lowerBound }
    let known = Set(
      list.indices.lazy.filter { !moves[$0].isEmpty }.map { list[$0].place.lowerBound })
    let images = try ImageSearch(
      near: places, reader.source, reader.present, reader.memory.format
    ).images.filter { !known.contains($0.offset) }
    var votes: [Int64: Int] = [:]
    for index in lost.prefix(64) {
      guard case .image(let image) = list[index].thing else { continue }
      let place = list[index].place.lowerBound
      let after = images.partitioningIndex { $0.offset >= place }
      let near = max(0, after - Self.mostMoves)..<min(images.count, after + Self.mostMoves)
      for candidate in images[near] where reader.isOf(candidate.headers, image) {
        votes[Int64(clamping: candidate.offset) - Int64(clamping: place), default: 0] += 1
      }
    }
    return Self.likeliest(votes)
  }

  private static func likeliest(_ votes: [Int64: Int]) -> [Int64] {
    let sorted = votes.sorted { ($1.value, abs($0.key), $0.key) < ($0.value, abs($1.key), $1.key) }
    return sorted.prefix(mostMoves).map(\.key)
  }

  /// Distances at which control blocks and strings of the kernel were found that are not in their places.
  ///
  /// Where what comes later is in its place, nothing was moved: the process may have control blocks of another kind, as Go's
  /// have. Not so where others of its own are as they must be.
  private func nearby() throws(SalvageError) -> [Int64] {
    var last: UInt64 = 0
    var isKnown = false
    for index in list.indices where moves[index].first == 0 {
      last = max(last, list[index].place.lowerBound)
      if case .ownAddress = list[index].thing { isKnown = true }
    }
    let lost = list.indices.filter {
      guard isMissed[$0], reader.pattern(of: list[$0]) != nil else { return false }
      return isKnown || list[$0].place.lowerBound > last
    }.map { list[$0] }.sorted { $0.place.lowerBound < $1.place.lowerBound }
    return lost.isEmpty ? [] : Self.likeliest(try NearSearch(lost, reader).votes)
  }

  /// Whether no image is in its place, of which none is known.
  private var isGuessedWrong: Bool {
    let guesses = list.indices.lazy.filter {
      guard case .image(let image) = list[$0].thing else { return false }
      return image.isGuess
    }
    return !guesses.isEmpty && guesses.allSatisfy { moves[$0].first != 0 }
  }

  /// Looks for every anchor at each distance; keeps those at which one is that is not in its place.
  private mutating func look(for tried: inout [Int64]) throws(SalvageError) {
    var good: [Int64] = []
    for move in tried {
      var isSeen = false
      for index in list.indices where moves[index].first != 0 {
        guard try look(at: index, moved: move).isRight else { continue }
        isSeen = true
        if try reader.isOfThread(list[index], moved: move) { isSure.insert(index) }
      }
      if isSeen { good.append(move) }
    }
    tried = good
    // What is in its place may seem to be elsewhere as well.
    for move in good {
      for index in list.indices where moves[index].first == 0 {
        try look(at: index, moved: move)
      }
    }
  }

  /// The dynamic sections of the images that were seen.
  private mutating func addDynamicSections(_ tried: [Int64]) throws(SalvageError) {
    for index in list.indices where moves[index].count == 1 {
      guard case .image(let image) = list[index].thing,
        let place = list[index].place.moved(by: moves[index][0])
      else { continue }
      let bytes = try reader.source.bytes(at: place.lowerBound, count: Int(place.length))
      guard let headers = ImageHeaders(bytes.span) else { continue }
      guard let dynamic = anchors.dynamicSection(of: image, headers) else { continue }
      list.append(dynamic)
      moves.append([])
      told.append(dynamic.place)
      for move in [0] + tried { try look(at: list.count - 1, moved: move) }
    }
  }

  /// Images that are neither in their places nor elsewhere.
  var missed: Int {
    list.indices.count {
      guard case .image = list[$0].thing, isMissed.indices.contains($0) else { return false }
      return isMissed[$0] && moves[$0].isEmpty
    }
  }

  private func result() -> [OffsetSurvey.Evidence] {
    let all = zip(told, moves).map { OffsetSurvey.Evidence(due: $0, moves: $1) }
    return all + isSure.sorted().map { all[$0] }
  }
}
