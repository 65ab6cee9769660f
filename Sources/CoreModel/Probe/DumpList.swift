internal import CoreIO
internal import ELFCore

/// What minicoredumper saved of a process, which it lists in a section of its core: all other memory that the program
/// headers name was left out, and reads as zeros or is not there.
///
/// Source: `elf_dumplist.c` of minicoredumper 2.0: notes of owner `minicoredumper` and type 80 in a section of their own,
/// each with pairs of an address and a length, words of the core's class.
struct DumpList {
  /// By address, apart.
  private let saved: [Range<UInt64>]

  private static let owner = Array("minicoredumper".utf8)
  private static let kind = Note.Kind(rawValue: 80)
  private static let noteSection: UInt64 = 7
  private static let largestDescriptor: UInt64 = 64 << 20
  /// With more, what comes after is lost as wholes.
  private static let mostLosses = 1 << 20

  /// nil where there is no such list.
  init?(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    let format = structure.format
    guard structure.hasSections, let table = structure.sectionRange,
      Int(structure.header.sectionHeaderEntrySize) == format.sectionHeaderSize
    else { return nil }
    let bytes = try source.bytes(at: table.lowerBound, count: Int(min(table.length, 8 << 20)))
    var ranges: [Range<UInt64>] = []
    var isFound = false
    for record in stride(from: 0, to: bytes.count, by: format.sectionHeaderSize) {
      guard let section = SectionHeader.Contents(bytes.span, record: record, in: format),
        section.type == Self.noteSection
      else { continue }
      let segment = ProgramHeader(
        kind: .note, flags: [], fileOffset: section.offset, address: 0, fileSize: section.size,
        memorySize: 0, alignment: 4)
      let present = DamageMap(sizeFound: source.size, sizeDue: source.size)
      for note in try NoteWalk(source, present, format, [segment]).notes
      where note.owner == Self.owner && note.kind == Self.kind
        && note.descriptorSize <= Self.largestDescriptor
      {
        isFound = true
        let list = try source.bytes(at: note.descriptorOffset, count: Int(note.descriptorSize))
        ranges += Self.pairs(list, format)
      }
    }
    guard isFound else { return nil }
    saved = Self.merged(ranges)
  }

  private static func pairs(_ bytes: [UInt8], _ format: ELFFormat) -> [Range<UInt64>] {
    let size = format.wordSize
    return stride(from: 0, to: bytes.count, by: 2 * size).compactMap { offset in
      guard let start = bytes.span.integer(at: offset, size: size, format.byteOrder),
        let length = bytes.span.integer(at: offset + size, size: size, format.byteOrder)
      else { return nil }
      let (end, overflow) = start.addingReportingOverflow(length)
      return start..<(overflow ? .max : end)
    }
  }

  private static func merged(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, last.upperBound >= range.lowerBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// What of the file is no memory that was saved.
  func losses(_ headers: [ProgramHeader]) -> [DamageMap.Extent] {
    var losses: [DamageMap.Extent] = []
    for header in headers where header.kind == .load && header.fileSize > 0 {
      guard let fileEnd = header.fileEnd else { continue }
      func lose(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        let start = header.fileOffset + (range.lowerBound - header.address)
        losses.append(.init(range: start..<min(fileEnd, start + range.length), cause: .leftOut))
      }
      var position = header.address
      let end = header.dumpedEnd
      var next = saved.partitioningIndex { $0.upperBound > position }
      while next < saved.count, saved[next].lowerBound < end, losses.count < Self.mostLosses {
        lose(position..<max(position, saved[next].lowerBound))
        position = max(position, min(end, saved[next].upperBound))
        next += 1
      }
      lose(position..<max(position, end))
    }
    return losses
  }
}
