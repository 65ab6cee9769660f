internal import CoreIO
internal import ELFCore

extension CoreStructure {
  /// The structure as it was due: memory that a capture could not save, and that no program header names, has its program
  /// header again, so that what is told of the core tells of all that the process had.
  func restoring(_ lost: [LostRange]) -> CoreStructure {
    let missing = lost.compactMap { range in
      ProgramHeader(range).map { Piece(header: $0, lostOf: range.rawHeader) }
    }
    guard !missing.isEmpty else { return self }
    let present = programHeaders.lazy.filter { $0.kind == .load }
    let pieces = (present.map { Piece(header: $0, lostOf: nil) } + missing)
      .sorted { $0.header.address < $1.header.address }
    var loads: [ProgramHeader] = []
    var last: Piece?
    /// The number of the last of the loads, where something of it is lost.
    var number: UInt32?
    for piece in pieces {
      let isBesideLoss = last?.lostOf != nil || piece.lostOf != nil
      let mayBeSame = number == nil || piece.lostOf == nil || number == piece.lostOf
      if let load = loads.last, isBesideLoss, mayBeSame, load.goesOn(in: piece.header) {
        loads[loads.count - 1].fileSize += piece.header.fileSize
        loads[loads.count - 1].memorySize += piece.header.memorySize
        number = number ?? piece.lostOf
      } else {
        loads.append(piece.header)
        number = piece.lostOf
      }
      last = piece
    }
    var restored = self
    restored.table = HeaderTable()
    for header in programHeaders where header.kind != .load {
      restored.table.append(header, number: restored.table.headers.count)
    }
    for header in loads {
      restored.table.append(header, number: restored.table.headers.count)
      // What no file can hold no capture has listed.
      restored.sizeDue = restored.sizeDue.map { max($0, header.fileEnd ?? 0) }
    }
    return restored
  }
}

/// A part of a segment, or all of it.
private struct Piece {
  let header: ProgramHeader
  /// The number of the program header that it was lost of; nil for what is there, of which no number is known.
  let lostOf: UInt32?
}

extension ProgramHeader {
  /// The entry that named a lost range of memory; nil for one of notes or headers, and for one that no file can hold.
  fileprivate init?(_ lost: LostRange) {
    let end = lost.address.addingReportingOverflow(lost.length)
    guard lost.address > 0, !end.overflow, let range = lost.extent?.range,
      range.upperBound <= UInt64(Int64.max)
    else { return nil }
    self.init(
      kind: .load, flags: lost.flags, fileOffset: lost.fileOffset, address: lost.address,
      fileSize: lost.length, memorySize: lost.length, alignment: 4096)
  }

  /// Whether `next` is what comes after it in one segment of which a part was lost.
  fileprivate func goesOn(in next: ProgramHeader) -> Bool {
    fileSize > 0 && fileSize == memorySize && next.fileSize > 0 && flags == next.flags
      && fileEnd == next.fileOffset && addressEnd == next.address
      && !memorySize.addingReportingOverflow(next.memorySize).overflow
      && !fileSize.addingReportingOverflow(next.fileSize).overflow
  }
}
