internal import CoreIO
package import CoreModel
package import ELFCore

/// The one PT_NOTE of the new core: all whole notes of the old one as they were, then ours.
package struct TailNotes {
  /// Its program header.
  package let segment: ProgramHeader

  /// - Parameters:
  ///   - record: the note that tells of the work that was done: ORIGIN or SLIM.
  ///   - doubts: what is in doubt of the core, and no note of it tells yet.
  ///   - head: what the new headers were written over.
  package init(
    _ structure: CoreStructure, _ segments: Segments, _ rebuild: Rebuild,
    record: (kind: Note.Kind, json: JSONValue), doubts: [CoreVerdict.Reason], head: [Range<UInt64>],
    to tail: inout PieceRun
  ) {
    let format = structure.format
    let start = tail.end
    Self.appendWhole(structure, rebuild.mappedFiles, to: &tail)
    let lost = LostNote(
      sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? 0, ranges: segments.lost)
    tail.append(
      SalvageNote.header(
        SalvageNote.lost, descriptorSize: UInt64(lost.descriptorSize), in: format))
    tail.append(.lost(lost, format.byteOrder))
    tail.append(SalvageNote.bytes(record.kind, Array(record.json.line.utf8), in: format))
    if let note = DoubtNote(doubts) {
      tail.append(SalvageNote.bytes(SalvageNote.doubt, note.descriptor, in: format))
    }
    Self.appendRebuilt(structure, rebuild, to: &tail)
    if !head.isEmpty { Self.appendHead(head, format, to: &tail) }
    let flags = structure.programHeaders.first { $0.kind == .note }?.flags ?? []
    segment = ProgramHeader(
      kind: .note, flags: flags, fileOffset: start, address: 0, fileSize: tail.end - start,
      memorySize: 0, alignment: 4)
  }

  /// The REBUILT note, and the FILE note where NT_FILE is another now.
  private static func appendRebuilt(
    _ structure: CoreStructure, _ rebuild: Rebuild, to tail: inout PieceRun
  ) {
    if !rebuild.segments.isEmpty {
      let note = RebuiltNote(structure, rebuild.segments)
      tail.append(
        SalvageNote.bytes(
          SalvageNote.rebuilt, note.descriptor(structure.format.byteOrder), in: structure.format))
    }
    // A core that was repaired before has the original's already, among its notes or where they stood.
    let isThere = structure.ownNotes.contains { $0.kind == SalvageNote.file }
    guard rebuild.mappedFiles != nil, !isThere,
      let note = structure.originalFiles ?? structure.notes.first(where: { $0.isMappedFiles })
    else { return }
    tail.append(
      SalvageNote.header(
        SalvageNote.file, descriptorSize: note.descriptorSize, in: structure.format))
    tail.append(input: note.descriptorOffset..<note.fileEnd)
    tail.append([UInt8](repeating: 0, count: Int((4 - note.descriptorSize % 4) % 4)))
  }

  /// The old notes. Neighbours that are padded to 4 are copied as one range of the input; others get a new padding.
  /// `mappedFiles` takes the place of NT_FILE.
  private static func appendWhole(
    _ structure: CoreStructure, _ mappedFiles: [UInt8]?, to tail: inout PieceRun
  ) {
    var mappedFiles = mappedFiles
    var run = 0..<UInt64(0)
    func flush(_ run: inout Range<UInt64>, _ tail: inout PieceRun) {
      tail.append(input: run)
      tail.append([UInt8](repeating: 0, count: Int((4 - run.length % 4) % 4)))
      run = 0..<0
    }
    for note in structure.notes {
      if let descriptor = mappedFiles, note.isMappedFiles {
        flush(&run, &tail)
        tail.append(
          Note.header(
            kind: note.kind, owner: note.owner, descriptorSize: UInt64(descriptor.count),
            in: structure.format))
        tail.append(descriptor)
        tail.append([UInt8](repeating: 0, count: (4 - descriptor.count % 4) % 4))
        mappedFiles = nil
        continue
      }
      if roundUp(run.upperBound, to: 4) == note.fileOffset, !run.isEmpty, note.isPaddedTo4 {
        run = run.lowerBound..<note.fileEnd
        continue
      }
      flush(&run, &tail)
      if note.isPaddedTo4 {
        run = note.fileOffset..<note.fileEnd
      } else {
        tail.append(
          Note.header(
            kind: note.kind, ownerSize: note.ownerSize, descriptorSize: note.descriptorSize,
            in: structure.format))
        run = note.ownerRange
        flush(&run, &tail)
        run = note.descriptorOffset..<note.fileEnd
        flush(&run, &tail)
      }
    }
    flush(&run, &tail)
  }

  /// The HEAD note: the input's bytes that the header and the table were written over, as runs.
  private static func appendHead(
    _ ranges: [Range<UInt64>], _ format: ELFFormat, to tail: inout PieceRun
  ) {
    let size = ranges.total { 16 +| roundUp($0.length, to: 4) }
    tail.append(
      SalvageNote.header(SalvageNote.head, descriptorSize: size, in: format))
    for range in ranges {
      var run: [UInt8] = []
      run.append(range.lowerBound, size: 8, format.byteOrder)
      run.append(range.length, size: 8, format.byteOrder)
      tail.append(run)
      tail.append(input: range)
      tail.append([UInt8](repeating: 0, count: Int((4 - range.length % 4) % 4)))
    }
  }
}

extension Note {
  fileprivate var ownerRange: Range<UInt64> {
    let start = fileOffset + UInt64(Note.headerSize)
    return start..<start + UInt64(ownerSize)
  }

  fileprivate var isMappedFiles: Bool { isProcessNote && kind == .mappedFiles }

  /// Whether its descriptor begins where alignment 4 puts it.
  fileprivate var isPaddedTo4: Bool {
    descriptorOffset == fileOffset + roundUp(ownerRange.upperBound - fileOffset, to: 4)
  }
}
