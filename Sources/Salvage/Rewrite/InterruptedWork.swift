package import CoreIO
internal import CoreModel
internal import ELFCore
package import SystemPackage

/// What a file's end tells of a repair in place, or of its undoing, that was interrupted.
///
/// 512 bytes that look like a journal prove nothing: any program may hold them in its memory. What no program can know is
/// the digest of the headers and notes of its own dump to come. So a journal is believed where the core that it leads back to
/// has the digest that it names; one without a digest, as version 1 wrote them, where the notes that it leads to name it,
/// or where it stands behind everything that the headers name, as no memory does. All else is the core's own bytes.
package enum InterruptedWork {
  case none
  /// A repair that has changed nothing before `sizeBefore`.
  case begun(InPlaceJournal)
  /// A repair that has begun to change headers: all that it needs to be completed is there.
  case underWay(InPlaceJournal)
  /// An undo; all that it needs to be completed is there.
  case undoing(InPlaceJournal)
  /// Whatever it was, the file was changed since.
  case unknown

  /// The size of the core in a file that is only read. What an interrupted repair has appended is no part of it.
  package static func size(
    of file: FileDescriptor, _ size: UInt64, _ path: FilePath
  ) throws(SalvageError) -> UInt64 {
    guard InPlaceJournal.mayEnd(file, size: size) else { return size }
    let source = try InputFile(reading: file, named: path, size: size)
    switch find(in: source) {
    case .begun(let journal): return journal.sizeBefore
    case .underWay(let journal):
      // Until the last step the header may name the copy of the table.
      let header = try source.bytes(at: 0, count: journal.headerMiddle.count)
      let usesCopy = journal.tableLength > 0 && header == journal.headerMiddle
      return usesCopy ? journal.copyOffset + journal.tableLength : journal.sizeAfter
    case .undoing: throw undoIsInterrupted(path)
    case .none, .unknown: return size
    }
  }

  static func undoIsInterrupted(_ path: FilePath) -> SalvageError {
    SalvageError(
      .undoInterrupted, file: path)
  }

  static func isUnknown(_ path: FilePath) -> SalvageError {
    SalvageError(
      .notInPlace(reason: "was changed after an interrupted repair in place"), file: path)
  }

  /// - Parameter source: all of the file.
  package static func find(in source: any ByteSource) -> InterruptedWork {
    guard let journal = InPlaceJournal(endOf: source) else { return .none }
    let place = source.size - UInt64(InPlaceJournal.size)
    let found =
      switch journal.kind {
      case .repair: repair(journal, at: place, source)
      case .undo: undo(journal, at: place, source)
      }
    return found ?? (isBehindAll(place, source) ? .unknown : .none)
  }

  private static func repair(
    _ journal: InPlaceJournal, at place: UInt64, _ source: any ByteSource
  ) -> InterruptedWork? {
    guard journal.sizeBefore < source.size, journal.place == place else { return nil }
    let header = try? source.bytes(at: 0, count: journal.headerBefore.count)
    let proof = proof(journal, at: place, source)
    if header == journal.headerBefore {
      let before = PatchedSource(base: source, runs: [], size: journal.sizeBefore)
      let named = journal.digest ?? proof
      if let named {
        if digest(of: before) == named { return .begun(journal) }
      } else if isBehindAll(place, before), isEmpty(journal.sizeBefore, before, source) {
        return .begun(journal)
      }
    }
    guard header == journal.headerMiddle || header == journal.headerAfter, let proof,
      journal.digest == nil || journal.digest == proof
    else { return nil }
    return .underWay(journal)
  }

  /// The digest of the core that the notes behind the old one lead back to, where these notes name it themselves.
  private static func proof(
    _ journal: InPlaceJournal, at place: UInt64, _ source: any ByteSource
  ) -> String? {
    let size = UInt64(journal.headerAfter.count)
    let header = place + UInt64(InPlaceJournal.headerAfterOffset)
    var runs = [PatchedSource.Run(offset: 0, bytes: header..<header + size)]
    if journal.tableLength > 0 {
      guard journal.tableOffset >= size,
        journal.tableOffset <= journal.sizeAfter,
        journal.tableLength <= journal.sizeAfter - journal.tableOffset
      else { return nil }
      let copy = journal.copyOffset..<journal.copyOffset + journal.tableLength
      runs.append(PatchedSource.Run(offset: journal.tableOffset, bytes: copy))
    }
    let after = PatchedSource(base: source, runs: runs, size: journal.sizeAfter)
    guard let structure = try? Probe.structure(of: after),
      journal.tableLength == 0 || structure.tableRange == runs[1].range,
      let last = try? LastRepair(after), last.isWhole(after),
      last.sizeFound == journal.sizeBefore
    else { return nil }
    return try? last.provenDigest(after)
  }

  private static func undo(
    _ journal: InPlaceJournal, at place: UInt64, _ source: any ByteSource
  ) -> InterruptedWork? {
    guard journal.sizeBefore <= place, place - journal.sizeBefore < UInt64(InPlaceJournal.size),
      let header = try? source.bytes(at: 0, count: journal.headerBefore.count),
      header == journal.headerBefore || header == journal.headerAfter,
      let original = journal.original(in: source)
    else { return nil }
    if let named = journal.digest { return digest(of: original) == named ? .undoing(journal) : nil }
    return isBehindAll(place, original) ? .undoing(journal) : nil
  }

  /// Whether the headers of a core name nothing at that offset or behind it.
  private static func isBehindAll(_ offset: UInt64, _ core: any ByteSource) -> Bool {
    guard let due = try? Probe.structure(of: core).sizeDue else { return false }
    return due <= offset
  }

  /// Whether the file has nothing but zeros from the end of a core to where its headers let it end: what was never written.
  private static func isEmpty(
    _ size: UInt64, _ core: any ByteSource, _ source: any ByteSource
  ) -> Bool {
    guard let due = try? Probe.structure(of: core).sizeDue else { return false }
    var position = size
    while position < due, let data = source.firstData(in: position..<due) {
      let count = Int(min(data.length, 256 << 10))
      guard let bytes = try? source.bytes(at: data.lowerBound, count: count), !bytes.isEmpty,
        bytes.areZeros
      else { return false }
      position = data.lowerBound + UInt64(bytes.count)
    }
    return true
  }

  private static func digest(of core: any ByteSource) -> String? {
    try? HeadDigest.of(Probe.structure(of: core), core)
  }
}

extension InPlaceJournal {
  /// Where the journal of a repair stands: behind the tail and the copy of the table. nil where its numbers name no place.
  package var place: UInt64? {
    let unit = UInt64(Self.size)
    let most = UInt64(Int64.max) / 4
    guard sizeAfter < most, tableLength < most, copyOffset == roundUp(sizeAfter, to: unit) else {
      return nil
    }
    return roundUp(copyOffset + tableLength, to: unit)
  }

  /// The core that an undo gives back: what the HEAD note holds is put where it belongs. nil where that note is damaged.
  package func original(in source: any ByteSource) -> PatchedSource? {
    guard kind == .undo, let format = FileHeader.format(headerBefore.span),
      copyOffset >= sizeAfter, copyOffset <= sizeBefore, tableLength <= sizeBefore - copyOffset,
      let runs = try? PatchedSource.runs(
        in: copyOffset..<copyOffset + tableLength, of: source, format, limit: sizeAfter)
    else { return nil }
    return PatchedSource(base: source, runs: runs, size: sizeAfter)
  }
}
