internal import CoreIO
internal import ELFCore

/// Notes that stand after memory, as debuggers write them and as a repair does, and are not where their header says.
struct MovedNotes {
  /// How far from there they were found.
  let move: Int64

  private static let reach: UInt64 = 64 << 20
  private static let mostTries = 16
  /// The owner of the first note, after three words.
  private static let owner = Array("CORE\0\0\0\0".utf8)

  /// The PT_NOTE whose notes stand after memory.
  static func segment(of structure: CoreStructure) -> ProgramHeader? {
    guard let segment = structure.programHeaders.first(where: { $0.kind == .note }),
      segment.fileSize > 0, segment.fileEnd != nil,
      structure.programHeaders.contains(where: {
        $0.kind == .load && $0.fileSize > 0 && $0.fileOffset < segment.fileOffset
      })
    else { return nil }
    return segment
  }

  /// Whether the first note is there where the header says, of a process and not of chance.
  static func standsInPlace(_ segment: ProgramHeader, _ structure: CoreStructure) -> Bool {
    structure.notes.contains { $0.fileOffset == segment.fileOffset && $0.isProcessNote }
  }

  /// nil where they are in their place, or nowhere near it.
  init?(
    _ structure: CoreStructure, _ source: any ByteSource, _ present: DamageMap, endMove: Int64
  ) throws(SalvageError) {
    guard let segment = Self.segment(of: structure), !Self.standsInPlace(segment, structure) else {
      return nil
    }
    func isFirst(_ header: [UInt8]) -> Bool {
      func word(_ index: Int) -> UInt64? {
        header.span.integer(at: 4 * index, size: 4, structure.format.byteOrder)
      }
      return word(0) == 5 && (1...4096).contains(word(1) ?? 0) && [1, 3].contains(word(2))
    }
    let due = segment.fileOffset..<segment.fileOffset + segment.fileSize
    func stands(_ move: Int64) throws(SalvageError) -> Bool {
      guard let place = due.moved(by: move), place.upperBound <= source.size else { return false }
      var header = segment
      header.fileOffset = place.lowerBound
      let walk = try NoteWalk(source, present, structure.format, [header])
      return walk.notes.count > 1 && !walk.isCut
    }
    if endMove != 0, try stands(endMove) {
      move = endMove
      return
    }
    var tries = 0
    let start = segment.fileOffset - min(segment.fileOffset, Self.reach)
    let end = segment.fileOffset.addingReportingOverflow(Self.reach).partialValue
    var window = SearchWindow(source, from: start)
    while window.range.upperBound < end, try window.advance(overlap: Self.owner.count - 1) {
      var position = window.range.lowerBound
      while let found = window.first(Self.owner, from: position), tries < Self.mostTries {
        position = found + 1
        guard found >= 12, try isFirst(source.bytes(at: found - 12, count: 12)) else { continue }
        tries += 1
        let candidate = Int64(clamping: found - 12) - Int64(clamping: segment.fileOffset)
        if candidate != 0, try stands(candidate) {
          move = candidate
          return
        }
      }
    }
    return nil
  }
}
