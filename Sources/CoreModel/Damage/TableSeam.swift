internal import CoreIO
internal import ELFCore

/// A place in the program header table where bytes are missing, or too many: what has to stand right behind the table stands
/// elsewhere.
///
/// The kernel puts the first thread's NT_PRSTATUS there, gdb the first page of memory, which is a program's as a rule. Neither
/// looks like an entry. How far it was moved is certain then; where in the table the place is, is not.
struct TableSeam {
  /// How far what follows the table was moved; nil where that is gone as well, and entries that no writer makes are all that tells.
  let move: Int64?
  /// Where the table should end.
  let tableEnd: UInt64
  /// The end of the entries before the place that are certainly what they were.
  let soundEnd: UInt64
  /// Where those behind it begin that are, in the due file.
  private let soundStart: UInt64
  private let foundEnd: UInt64
  /// How many entries there are before `soundEnd`.
  let soundCount: Int

  /// What stands behind a table begins so many bytes long.
  private static let markSize = 20
  /// How many bytes too many are looked for.
  private static let reach: UInt64 = 1 << 20

  init?(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    let table = structure.tableRange
    let format = structure.format
    guard table.upperBound <= source.size, table.length <= 1 << 24 else { return nil }
    let behind = try source.bytes(at: table.upperBound, count: Self.markSize)
    guard !Self.isMark(behind[...], format) else { return nil }
    let bytes = try source.bytes(at: table.lowerBound, count: Int(table.length)) + behind
    let start = Self.firstMark(in: bytes, before: Int(table.length), format)
    let size = format.programHeaderSize
    let count = Int(table.length) / size
    let entries = Entries(bytes: bytes, format: format)
    let front = entries.sound(limit: start.map { $0 / size } ?? count)
    if let start {
      move = Int64(start) - Int64(table.length)
    } else if entries.mayBeKernels(notesAt: table.upperBound) {
      // Other writers begin with other notes, and leave room between segments.
      let isNote = structure.notes.contains { $0.fileOffset == table.upperBound }
      guard !isNote || entries.isBroken(from: front, to: count) else { return nil }
      move = try Self.surplus(behind: table.upperBound, source, format)
      guard move != nil || front < count else { return nil }
    } else {
      guard entries.hasMemory(at: table.upperBound), entries.isBroken(from: front, to: count)
      else { return nil }
      move = nil
    }
    tableEnd = table.upperBound
    foundEnd = source.size
    // By whole entries, those around the place are all right, but for one that may be made of two: which, nobody can tell.
    let isWhole = (move ?? 0) % Int64(size) == 0 && move != nil
    // The last one of those that look right may end in bytes of another.
    soundCount = isWhole ? 0 : max(0, front - 1)
    soundEnd = table.lowerBound + UInt64(soundCount * size)
    var tail = 0
    if let move, !isWhole, table.upperBound.advanced(by: Int(move)) > soundEnd {
      let end = table.upperBound.advanced(by: Int(move))
      let found = try source.bytes(at: soundEnd, count: Int(end - soundEnd))
      let most = min(count - soundCount, found.count / size)
      tail = max(0, Entries(bytes: found, format: format).soundAtEnd(limit: most) - 1)
    }
    soundStart = tableEnd - UInt64(tail * size)
  }

  /// Where what stands behind a table begins, behind the first byte of it.
  private static func firstMark(in bytes: [UInt8], before end: Int, _ format: ELFFormat) -> Int? {
    // Its first byte may be any that a table is full of, zero most of all; an owner's name is rare there.
    let letter = Self.owner[0]
    for start in 1..<max(1, min(end, bytes.count - markSize + 1))
    where bytes[start] == FileHeader.magic[0] || bytes[start + Note.headerSize] == letter {
      if isMark(bytes[start...], format) { return start }
    }
    return nil
  }

  /// Whether the first note of a process begins there, or an ELF file.
  private static func isMark(_ bytes: ArraySlice<UInt8>, _ format: ELFFormat) -> Bool {
    guard bytes.count >= markSize else { return false }
    let start = bytes.startIndex
    if bytes.starts(with: FileHeader.magic) {
      return bytes[start + 4] == format.width.rawValue
        && bytes[start + 5] == format.byteOrder.rawValue && bytes[start + 6] == 1
    }
    return descriptorSize(bytes, ofType: 1, format) != nil
  }

  private static let owner = Array("CORE\0".utf8)

  /// How long the descriptor of a process's note is that begins there; nil where none of that type does.
  private static func descriptorSize(
    _ bytes: ArraySlice<UInt8>, ofType type: UInt64, _ format: ELFFormat
  ) -> UInt64? {
    guard bytes.count >= markSize,
      bytes[(bytes.startIndex + Note.headerSize)...].starts(with: owner)
    else { return nil }
    let header = Array(bytes.prefix(Note.headerSize))
    func word(_ index: Int) -> UInt64? {
      header.span.integer(at: 4 * index, size: 4, format.byteOrder)
    }
    return word(0) == 5 && word(2) == type ? word(1) : nil
  }

  /// How far behind the table the first thread's note stands, which is the one that the process's follows.
  private static func surplus(
    behind end: UInt64, _ source: any ByteSource, _ format: ELFFormat
  ) throws(SalvageError) -> Int64? {
    var window = SearchWindow(source, from: end)
    while window.range.upperBound < end +| reach, try window.advance(overlap: owner.count - 1) {
      var position = window.range.lowerBound
      while let found = window.first(owner, from: position) {
        position = found + 1
        guard found > end + UInt64(Note.headerSize) else { continue }
        let start = found - UInt64(Note.headerSize)
        let first = try source.bytes(at: start, count: markSize)
        guard let size = descriptorSize(first[...], ofType: 1, format), size <= 4096 else {
          continue
        }
        let second = try source.bytes(
          at: start + UInt64(markSize) + roundUp(size, to: 4), count: markSize)
        if descriptorSize(second[...], ofType: 3, format) != nil { return Int64(start - end) }
      }
    }
    return nil
  }

  /// What it makes of the input where it is known how far all behind the table was moved.
  var pieces: [OffsetSurvey.Piece] {
    guard let move, let end = (foundEnd..<foundEnd).moved(by: -move) else { return [] }
    let head = OffsetSurvey.Piece(due: 0..<soundEnd, move: 0, witnesses: 2)
    guard end.lowerBound > soundStart else { return [head] }
    return [head, .init(due: soundStart..<end.lowerBound, move: move, witnesses: 2)]
  }
}

/// The entries of a program header table as its bytes have them.
private struct Entries {
  let bytes: [UInt8]
  let format: ELFFormat

  private func header(at offset: Int) -> ProgramHeader? {
    guard offset >= 0, offset + format.programHeaderSize <= bytes.count else { return nil }
    return ProgramHeader(
      Array(bytes[offset..<offset + format.programHeaderSize]).span, in: format)
  }

  private func load(at offset: Int) -> (start: UInt64, end: UInt64)? {
    guard let header = header(at: offset), header.kind == .load,
      header.fileSize <= header.memorySize, let end = header.fileEnd
    else { return nil }
    return (header.fileOffset, end)
  }

  /// How many stand before the first that no writer makes.
  func sound(limit: Int) -> Int {
    var count = 0
    var end: UInt64?
    while count < limit {
      let offset = count * format.programHeaderSize
      if count > 0 || header(at: offset)?.kind != .note {
        guard let load = load(at: offset), end == nil || load.start == end else { break }
        end = load.end
      }
      count += 1
    }
    return count
  }

  /// The same from the end on.
  func soundAtEnd(limit: Int) -> Int {
    var count = 0
    var start: UInt64?
    while count < limit {
      let offset = bytes.count - (count + 1) * format.programHeaderSize
      guard let load = load(at: offset), start == nil || load.end == start else { break }
      start = load.start
      count += 1
    }
    return count
  }

  /// Whether the first one has the notes right behind the table, or is none at all.
  func mayBeKernels(notesAt end: UInt64) -> Bool {
    guard let first = header(at: 0) else { return false }
    return first.kind == .note ? first.fileOffset == end : first.kind != .load
  }

  /// Whether some of those from there on are none that any writer makes, or lie over the one before.
  func isBroken(from index: Int, to count: Int) -> Bool {
    let size = format.programHeaderSize
    return (index..<max(index, count)).contains { index in
      guard let header = header(at: index * size) else { return false }
      switch header.kind {
      case .load:
        let end = load(at: (index - 1) * size)?.end ?? 0
        // Where nothing was dumped, some writers give no place.
        return header.fileSize > header.memorySize
          || header.fileSize > 0 && header.fileOffset < end
      case .note: return false
      case .null: return bytes[index * size..<(index + 1) * size].contains { $0 != 0 }
      default: return true
      }
    }
  }

  /// Whether the first one that has memory has it right behind the table, as debuggers put it.
  func hasMemory(at end: UInt64) -> Bool {
    load(at: format.programHeaderSize)?.start == end
  }
}
