package import CoreIO

/// An input, opened: its bytes by position, and what is known of them from the way they came.
///
/// What an input is, its first bytes tell, not its name. A place is kept here for the kernel's coming record stream
/// (`COREDUMP_RECORDS`), which will be one more `ByteStream`.
package struct Intake: Sendable {
  package internal(set) var source: any ByteSource
  /// The file that was named; nil for a pipe. Who may read it may read the output.
  package let file: InputFile?
  /// Where a stream was put while it came. The source reads from it.
  package let spool: (any WritableFile)?
  package var wayIn: WayIn
  /// Ranges that are lost whatever is read there: in any order, over each other, past the end.
  package var losses: [DamageMap.Extent]
  /// The files that it was read from, a map file among them.
  package var inputs: InputSet
  /// Whether somebody else may write it: a file that we have open for writing is looked at before.
  package var isWatched = true

  package init(
    source: any ByteSource, file: InputFile?, spool: (any WritableFile)?, wayIn: WayIn,
    losses: [DamageMap.Extent], inputs: InputSet
  ) {
    self.source = source
    self.file = file
    self.spool = spool
    self.wayIn = wayIn
    self.losses = losses
    self.inputs = inputs
  }
}

extension Intake {
  /// An input that is there already, in memory or in a file.
  package init(_ source: any ByteSource) {
    self.init(
      source: source, file: source.backingFile, spool: nil, wayIn: WayIn(kind: .file),
      losses: source.lossy?.lostRanges ?? [],
      inputs: InputSet(source.backingFile?.identity))
  }

  /// The file whose bytes the core's are, wherever they stand in it; nil for what came out of a stream or an archive.
  package var coreFile: InputFile? { spool == nil && !source.isLossy ? file : nil }

  /// What is there of the input: all of it, but for what is known to be lost.
  package var present: DamageMap {
    var map = DamageMap(sizeFound: source.size, sizeDue: source.size)
    map.lose(losses + unreadable)
    return map
  }

  /// Why a stream could not be read to its end; nil where it could.
  package var readFailure: SalvageError? { wayIn.readFailure(of: source.path, at: source.size) }

  /// What to say where `error` says that this is no core: why what would have made it one did not come, if that is so.
  package func reason(for error: SalvageError) -> SalvageError {
    if let readFailure { return readFailure }
    guard source.size == 0, let packing = wayIn.packing,
      let reason = wayIn.ending.reasonForNothing(packing)
    else { return error }
    return SalvageError(.nothingUnpacked(reason: reason), file: source.path)
  }

  /// What reading has found to be unreadable so far.
  package var unreadable: [DamageMap.Extent] {
    source.unreadable.map { DamageMap.Extent(range: $0, cause: .unreadable) }
  }

  /// Why more than now may be had of this input another time, or with another tool; nil where that is not so.
  package var reasonToKeep: String? {
    if !unreadable.isEmpty { return "parts of it can't be read" }
    if let archive = source.lossy { return archive.isDamaged ? "it is damaged" : nil }
    if case .damaged = wayIn.rest.ending { return "it is damaged" }
    return switch wayIn.ending {
    case .whole, .cut: nil
    case .unreadable: "parts of it can't be read"
    case .damaged, .checksumWrong: "it is damaged"
    }
  }

  /// Reads all data of a file once, so that `unreadable` tells all that can't be read.
  package func readAll() throws(SalvageError) {
    guard let source = source as? TolerantSource else { return }
    let buffer = CopyBuffer.take()
    defer { CopyBuffer.giveBack(buffer) }
    var position: UInt64 = 0
    while position < source.size, let data = source.firstData(in: position..<source.size) {
      // A short hole costs less than to look for its end; of a long one nothing is to be read.
      let wanted = unsafe min(UInt64(buffer.bytes.count), max(data.length, 1 << 16))
      let count = try unsafe source.read(
        at: data.lowerBound,
        into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<Int(wanted)]))
      guard count > 0 else { break }
      position = data.lowerBound + UInt64(count)
    }
  }
}
