internal import CoreIO
internal import ELFCore

/// Bytes that are missing from the program header table: what has to stand behind it begins inside it.
///
/// The kernel puts the first thread's NT_PRSTATUS right behind the table, gdb the first page of memory, which is a program's as
/// a rule. Neither looks like an entry. How many bytes are missing is certain then; where in the table is not.
struct TableGap {
  /// How many bytes are missing.
  let size: UInt64
  /// Where the table should end.
  let tableEnd: UInt64
  /// The end of the entries that are certainly what they were.
  let soundEnd: UInt64
  private let foundEnd: UInt64

  /// Both begin so many bytes long.
  private static let markSize = 20

  init?(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    let table = structure.tableRange
    let format = structure.format
    guard table.upperBound <= source.size, table.length <= 1 << 24 else { return nil }
    let behind = try source.bytes(at: table.upperBound, count: Self.markSize)
    guard !Self.isMark(behind[...], format) else { return nil }
    let bytes = try source.bytes(at: table.lowerBound, count: Int(table.length)) + behind
    let entry = format.programHeaderSize
    var found: Int?
    for offset in stride(from: 1, to: Int(table.length), by: 1)
    where Self.mayBegin(bytes[offset]) && Self.isMark(bytes[offset...], format) {
      found = offset
      break
    }
    guard let start = found else { return nil }
    size = table.length - UInt64(start)
    tableEnd = table.upperBound
    foundEnd = source.size
    // By whole entries, those behind the gap are all right, but for one that may be made of two: which, nobody can tell.
    let isWhole = size % UInt64(entry) == 0
    let sound = isWhole ? 0 : Self.soundCount(structure.programHeaders, limit: start / entry)
    soundEnd = table.lowerBound + UInt64(sound * entry)
  }

  private static func mayBegin(_ byte: UInt8) -> Bool { byte == 5 || byte == 0 || byte == 0x7f }

  /// Whether the first note of a process begins there, or an ELF file.
  private static func isMark(_ bytes: ArraySlice<UInt8>, _ format: ELFFormat) -> Bool {
    guard bytes.count >= markSize else { return false }
    let start = bytes.startIndex
    if bytes.starts(with: FileHeader.magic) {
      return bytes[start + 4] == format.width.rawValue
        && bytes[start + 5] == format.byteOrder.rawValue && bytes[start + 6] == 1
    }
    guard bytes[(start + Note.headerSize)...].starts(with: Array("CORE\0".utf8)) else {
      return false
    }
    let header = Array(bytes.prefix(Note.headerSize))
    return header.span.integer(at: 0, size: 4, format.byteOrder) == 5
      && header.span.integer(at: 8, size: 4, format.byteOrder) == 1
  }

  /// How many entries stand before the first that no writer makes. The one before that may end in bytes of another.
  private static func soundCount(_ headers: [ProgramHeader], limit: Int) -> Int {
    var count = 0
    var end: UInt64?
    for header in headers.prefix(limit) {
      guard header.kind == .note && count == 0 || header.kind == .load,
        let fileEnd = header.fileEnd,
        header.kind == .note || header.fileSize <= header.memorySize
      else { break }
      if header.kind == .load {
        guard end == nil || header.fileOffset == end else { break }
        end = fileEnd
      }
      count += 1
    }
    return max(0, count - 1)
  }

  /// What it makes of the input: all behind the table stands so many bytes before its place.
  var pieces: [OffsetSurvey.Piece] {
    let move = -Int64(clamping: size)
    return [
      .init(due: 0..<soundEnd, move: 0, witnesses: 2),
      .init(due: tableEnd..<foundEnd +| size, move: move, witnesses: 2),
    ]
  }
}
