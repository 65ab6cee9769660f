internal import CoreIO
package import CoreModel
internal import ELFCore

/// The whole output, as pieces in file order that meet end to end. Pure: the same input and options give the same plan.
package struct Plan: Sendable {
  package var pieces: [Piece]
  package var segments: Segments
  /// Whether the output has its due size.
  package var extend: RepairOptions.Extend
  /// Where the part that is ours begins.
  package var tailOffset: UInt64
  package var size: UInt64
  /// What its ORIGIN note says; nil for a whole core, which gets none.
  package var origin: Origin?

  /// Where the tail and the segments in it begin.
  package static let pageSize: UInt64 = 4096
}

extension Plan {
  package init(_ core: borrowing Core, _ rebuild: Rebuild, _ options: RepairOptions) {
    let structure = core.structure
    let format = structure.format
    extend = Self.extend(structure, options)
    var options = options
    options.extend = extend
    // Without the hole, entries left alone would show our own tail as the process's memory.
    if extend == .none, options.lostMemory == .pad { options.lostMemory = .drop }
    segments = Segments(core, lostMemory: options.lostMemory)
    segments.add(rebuild)
    let newCount = segments.entries.count + 1
    let table = TablePlace(structure, newCount: newCount, segments)

    // The tail comes after everything that has a place in the due file.
    let found = structure.sizeFound
    let body = extend == .due ? max(structure.sizeDue ?? found, found) : found
    tailOffset = roundUp(max(body, table.endInPlace), to: Self.pageSize)

    var tail = PieceRun(at: tailOffset)
    segments.place(rebuild.segments, in: &tail)
    let origin = Origin(core, options)
    self.origin = origin
    let notes = TailNotes(
      structure, segments, rebuild, record: (SalvageNote.origin, origin.json),
      doubts: core.untoldDoubts(rebuild),
      head: table.changedRanges, to: &tail)
    var header = structure.header
    tail.appendHole(to: roundUp(tail.end, to: 8))
    if table.moves { header.programHeaderOffset = tail.end }
    let newTable = MadeBytes.table(SegmentTable(notes.segment, segments.entries, in: format))
    if table.moves { tail.append(newTable) }
    Self.count(newCount, structure, core.damage, &header, &tail)

    var headerBytes = structure.headerBytes
    header.patchSoleValues(in: &headerBytes)
    header.patchTables(in: &headerBytes)
    var patches = [Piece(offset: 0, content: .bytes(headerBytes))]
    if !table.moves {
      patches.append(Piece(offset: structure.tableRange.lowerBound, content: .made(newTable)))
    }
    pieces = Self.body(
      core.damage, found: found, patches: patches, end: tailOffset, room: tail.pieces.count)
    pieces += tail.pieces
    size = tail.end
  }

  /// The extension asked for, or none where the due size can't be had.
  private static func extend(
    _ structure: CoreStructure, _ options: RepairOptions
  ) -> RepairOptions.Extend {
    guard options.extend == .due, let due = structure.sizeDue,
      due <= mostBeforeTail(structure.format)
    else { return .none }
    return .due
  }

  /// What stands before the tail ends there at the latest. The tail needs room too: a gigabyte holds any notes and any table.
  static func mostBeforeTail(_ format: ELFFormat) -> UInt64 {
    min(format.largestWord - (1 << 30), 1 << 62)
  }

  /// Writes the count of entries where it belongs; past 65,534 into section header 0 at the very end.
  static func count(
    _ count: Int, _ structure: CoreStructure, _ damage: DamageMap, _ header: inout FileHeader,
    _ tail: inout PieceRun
  ) {
    let format = structure.format
    let sectionsSurvive = structure.sectionRange.map { damage.survives($0) } ?? false
    if count >= Int(FileHeader.noCount) {
      tail.appendHole(to: roundUp(tail.end, to: 8))
      header.programHeaderCount = FileHeader.noCount
      header.sectionHeaderOffset = tail.end
      header.sectionHeaderEntrySize = UInt16(format.sectionHeaderSize)
      header.sectionHeaderCount = 1
      header.sectionNameIndex = 0
      tail.append(SectionHeader(programHeaderCount: UInt32(clamping: count)).bytes(in: format))
      return
    }
    header.programHeaderCount = UInt16(count)
    if structure.countsInSection || !sectionsSurvive {
      header.sectionHeaderOffset = 0
      header.sectionHeaderCount = 0
      header.sectionNameIndex = 0
    }
  }

  /// The input's bytes up to `end`, with the patches over them and holes where bytes are lost; and room for what comes after.
  private static func body(
    _ damage: DamageMap, found: UInt64, patches: [Piece], end: UInt64, room: Int
  ) -> [Piece] {
    var run = PieceRun(at: 0)
    run.reserveCapacity(damage.extents.count + 4 * patches.count + 1 + room)
    func fill(to offset: UInt64, _ run: inout PieceRun) {
      let wanted = run.end..<max(run.end, offset)
      for index in damage.indices(in: wanted) {
        let extent = damage.extents[index]
        guard extent.cause.map(\.keepsBytes) ?? true else { continue }
        let range = extent.range.clamped(to: wanted).clamped(to: 0..<found)
        run.appendHole(to: range.lowerBound)
        run.append(input: range)
      }
      run.appendHole(to: offset)
    }
    for patch in patches {
      // A table that lies over the header or over itself is a hostile one's.
      guard patch.offset >= run.end else { continue }
      fill(to: patch.offset, &run)
      switch patch.content {
      case .bytes(let bytes): run.append(bytes)
      case .made(let made): run.append(made)
      default: break
      }
    }
    fill(to: end, &run)
    return run.pieces
  }
}

extension Plan {
  /// A whole core, as it is.
  package init(copying size: UInt64) {
    var run = PieceRun(at: 0)
    run.append(input: 0..<size)
    self.init(
      pieces: run.pieces, segments: Segments(), extend: .none, tailOffset: size, size: size)
  }
}
