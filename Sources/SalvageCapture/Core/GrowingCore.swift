internal import CLinux
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// A core that is whole in itself at every moment while its memory still comes in.
///
/// The header, the table and the notes stand where the kernel wrote them, and memory goes to the kernel's offsets. The table
/// that the header names stands behind all that, twice: a new one is written where the old one isn't, and then the header
/// names it, in one write. So a reader finds what is saved, sorted and nothing else, also when we are killed in between.
final class GrowingCore {
  let file: any WritableFile
  /// As the kernel wrote it.
  let structure: CoreStructure
  /// The kernel's table without what names nothing; where more is saved than the kernel dumps, with that in its place.
  let segments: [ProgramHeader]
  /// The numbers of the segments in the kernel's table; nil for what is saved beyond it.
  private let numbers: [UInt32?]
  /// What is saved of each segment.
  private(set) var saved: [SavedRanges]
  /// Why some ranges are not.
  private var refusals: [(range: Range<UInt64>, cause: LostRange.Cause)] = []
  /// Where what is ours begins.
  private let tail: UInt64
  private let areaSize: UInt64
  private let capacity: Int
  private var usesSecond = true
  /// What can't be at the kernel's offsets: no file is so long here.
  let reach: UInt64

  private var format: ELFFormat { structure.format }
  private var notes: ProgramHeader? { segments.first { $0.kind == .note } }

  /// Makes a core of a file that holds the kernel's header, table and notes. `threads` and `noteRoom` tell how many pieces and
  /// how many bytes of our notes there may be while it grows. Of the segments that `saveWhole` picks all memory is saved, also
  /// what the kernel leaves to the files. Where the core has grown before, nothing up to `end` is written over.
  init(
    _ file: any WritableFile, _ structure: CoreStructure, threads: Int, noteRoom: Int,
    behind end: UInt64 = 0, saveWhole: (ProgramHeader) -> Bool = { _ in false }
  ) throws(SalvageError) {
    self.file = file
    self.structure = structure
    let layout = SavedLayout(structure, saveWhole)
    segments = layout.segments
    numbers = layout.numbers
    saved = Array(repeating: SavedRanges(), count: segments.count)
    capacity = segments.count + min(threads * 2, 16384) + 1024
    let entry = structure.format.programHeaderSize + LostNote.entrySize
    areaSize = roundUp(
      UInt64(capacity * entry + structure.format.sectionHeaderSize + noteRoom), to: 4096)
    let room = 2 * areaSize + roundUp(UInt64(noteRoom), to: 4096)
    (tail, reach) = try Self.place(file, layout, structure, room: room, behind: end)
    let noteSize = structure.programHeaders.first { $0.kind == .note }?.fileSize ?? 0
    // A disk that fills up must leave room for the end.
    guard
      linux_reserve(file.descriptor.rawValue, Int(tail), Int(room + noteSize)) == 0
        || errno == EOPNOTSUPP
    else { throw file.failure("reserve room") }
    for segment in segments where segment.kind == .load && segment.fileSize > 0 {
      if (segment.fileEnd ?? .max) > reach { refuse(segment.dumpedRange, .noRoom) }
    }
  }

  /// Makes the file as long as it takes; where no file may be so long, as long as the last segment that fits lets it be.
  private static func place(
    _ file: any WritableFile, _ layout: SavedLayout, _ structure: CoreStructure, room: UInt64,
    behind least: UInt64
  ) throws(SalvageError) -> (tail: UInt64, reach: UInt64) {
    let longest = structure.format.width == .bits32 ? UInt64(UInt32.max) : UInt64(Int64.max)
    var ends = layout.segments.map { $0.fileEnd ?? .max }
    if structure.countsInSection, let end = structure.sectionRange?.upperBound { ends.append(end) }
    ends.sort(by: >)
    var failure: SalvageError?
    for end in ends {
      let tail = roundUp(min(max(end, least), longest), to: 4096)
      guard tail <= longest - min(longest, 2 * room) else { continue }
      do throws(SalvageError) {
        try file.resize(to: tail + room)
        return (tail, end)
      } catch {
        guard case .io(.fileTooLarge, _) = error.kind else { throw error }
        failure = error
      }
    }
    throw failure ?? SalvageError(.io(.fileTooLarge, call: "resize"), file: file.path)
  }

  // MARK: Memory

  /// What is not saved of a range of a segment.
  func gaps(of index: Int, in range: Range<UInt64>) -> [Range<UInt64>] {
    let whole = segments[index].dumpedRange
    let part =
      max(
        range.lowerBound, whole.lowerBound)..<max(
        max(range.lowerBound, whole.lowerBound), min(range.upperBound, whole.upperBound))
    return saved[index].gaps(in: part)
  }

  /// Writes memory of a segment to its place. Pages of zeros stay holes.
  func save(_ bytes: UnsafeRawBufferPointer, at address: UInt64, of index: Int) throws(SalvageError)
  {
    let segment = segments[index]
    let place = segment.fileOffset + (address - segment.address)
    let unit = 4096
    var position = 0
    while position < bytes.count {
      var end = position
      while end < bytes.count, unsafe !Self.isZero(bytes, end, unit) { end += unit }
      end = min(end, bytes.count)
      if end > position {
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<end])
        unsafe try file.write(part, at: place + UInt64(position))
      }
      position = end
      while position < bytes.count, unsafe Self.isZero(bytes, position, unit) { position += unit }
    }
    saved[index].insert(address..<address + UInt64(bytes.count))
  }

  private static func isZero(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ unit: Int) -> Bool {
    guard bytes.count - start >= unit else { return false }
    return unsafe ZeroTest.isZero(UnsafeRawBufferPointer(rebasing: bytes[start..<start + unit]))
  }

  /// Takes a range for saved whose pages are all zeros: the file has a hole there.
  func saveZeros(_ range: Range<UInt64>, of index: Int) { saved[index].insert(range) }

  /// Says why a range will not be saved.
  func refuse(_ range: Range<UInt64>, _ cause: LostRange.Cause) {
    if let last = refusals.last, last.cause == cause, last.range.upperBound == range.lowerBound {
      refusals[refusals.count - 1].range = last.range.lowerBound..<range.upperBound
    } else {
      refusals.append((range, cause))
    }
  }

  // MARK: The table

  /// A table of entries as its bytes: of 70,000 mappings it is too large to stand about twice.
  private struct Table {
    let format: ELFFormat
    var bytes: [UInt8] = []
    var count: Int { bytes.count / format.programHeaderSize }

    mutating func append(_ entry: ProgramHeader) { entry.append(to: &bytes, in: format) }
  }

  /// The entries for what is saved, in the order of the kernel's table: `notes` first.
  private func table(_ notes: ProgramHeader?, room: Int = 0) -> Table {
    var table = Table(format: format)
    table.bytes.reserveCapacity((segments.count + room) * format.programHeaderSize)
    if let notes { table.append(notes) }
    for (index, segment) in segments.enumerated() where segment.kind != .note {
      guard segment.kind == .load, segment.fileSize > 0 else {
        table.append(segment)
        continue
      }
      let isExtra = numbers[index] == nil
      var undumped = segment.address
      for range in saved[index].ranges {
        if isExtra { append(undumped..<range.lowerBound, of: segment) }
        undumped = range.upperBound
        var part = segment
        part.address = range.lowerBound
        part.fileOffset = segment.fileOffset + (range.lowerBound - segment.address)
        part.fileSize = range.length
        // What the kernel didn't dump of it follows the last part.
        part.memorySize =
          range.upperBound == segment.dumpedRange.upperBound
          ? segment.memoryEnd - range.lowerBound : range.length
        table.append(part)
      }
      if isExtra { append(undumped..<segment.memoryEnd, of: segment) }
    }
    return table
    /// What the kernel wouldn't have dumped, and wasn't saved, is as the kernel has it.
    func append(_ range: Range<UInt64>, of segment: ProgramHeader) {
      guard !range.isEmpty else { return }
      var part = segment
      part.address = range.lowerBound
      part.fileSize = 0
      part.memorySize = range.length
      table.append(part)
    }
  }

  /// What is lost as of now.
  func lost(_ cause: LostRange.Cause) -> [LostRange] {
    var reasons = refusals.sorted { $0.range.lowerBound < $1.range.lowerBound }[...]
    var result: [LostRange] = []
    let order = segments.indices.filter {
      segments[$0].kind == .load && segments[$0].fileSize > 0 && numbers[$0] != nil
    }
    for index in order {
      let segment = segments[index]
      for gap in gaps(of: index, in: segment.dumpedRange) {
        // In parts, where a part of it has a reason of its own.
        var position = gap.lowerBound
        while let first = reasons.first, first.range.upperBound <= position {
          reasons.removeFirst()
        }
        for reason in reasons {
          guard reason.range.lowerBound < gap.upperBound else { break }
          let part = reason.range.clamped(to: position..<gap.upperBound)
          guard !part.isEmpty else { continue }
          append(position..<part.lowerBound, cause)
          append(part, reason.cause)
          position = part.upperBound
        }
        append(position..<gap.upperBound, cause)
      }
      func append(_ range: Range<UInt64>, _ cause: LostRange.Cause) {
        guard !range.isEmpty else { return }
        result.append(
          LostRange(
            address: range.lowerBound, length: range.length,
            fileOffset: segment.fileOffset + (range.lowerBound - segment.address),
            headerIndex: numbers[index],
            flags: segment.flags, cause: cause, state: .dropped))
      }
    }
    return result
  }

  private func ownNotes(_ record: CaptureRecord, _ cause: LostRange.Cause) -> [UInt8] {
    let due = structure.sizeDue ?? tail
    let lost = LostNote(sizeFound: due, sizeDue: due, ranges: lost(cause))
    var bytes = SalvageNote.bytes(
      SalvageNote.lost, lost.descriptor(format.byteOrder), in: format)
    bytes += SalvageNote.bytes(SalvageNote.capture, record.noteDescriptor, in: format)
    return bytes
  }

  /// Lets readers see all that is saved as of now.
  func publish(_ record: CaptureRecord) throws(SalvageError) {
    usesSecond.toggle()
    let area = usesSecond ? tail + areaSize : tail
    let notesAt =
      area
      + UInt64(capacity * format.programHeaderSize + format.sectionHeaderSize)
    let own = ownNotes(record, .gone)
    var table = table(notes, room: 1)
    // The area is large enough but for a process of which every other page can't be read.
    if table.count + 1 > capacity {
      table.bytes.removeLast((table.count + 1 - capacity) * format.programHeaderSize)
    }
    if UInt64(own.count) <= area + areaSize - notesAt {
      try file.write(own, at: notesAt)
      table.append(noteSegment(at: notesAt, size: UInt64(own.count)))
    }
    try writeTable(table, at: area, section: notesAt - UInt64(format.sectionHeaderSize))
  }

  private func noteSegment(at offset: UInt64, size: UInt64) -> ProgramHeader {
    ProgramHeader(
      kind: .note, flags: notes?.flags ?? [], fileOffset: offset, address: 0, fileSize: size,
      memorySize: 0, alignment: 4)
  }

  /// Writes a table, then the header that names it.
  private func writeTable(
    _ table: Table, at offset: UInt64, section: UInt64
  ) throws(SalvageError) {
    try file.write(table.bytes, at: offset)
    var header = structure.header
    header.programHeaderOffset = offset
    let isCounted = table.count < Int(FileHeader.noCount)
    header.programHeaderCount = isCounted ? UInt16(table.count) : FileHeader.noCount
    header.sectionHeaderOffset = isCounted ? 0 : section
    header.sectionHeaderCount = isCounted ? 0 : 1
    header.sectionHeaderEntrySize = isCounted ? 0 : UInt16(format.sectionHeaderSize)
    header.sectionNameIndex = 0
    if !isCounted {
      let count = SectionHeader(programHeaderCount: UInt32(clamping: table.count))
      try file.write(count.bytes(in: format), at: section)
    }
    var bytes = structure.headerBytes
    header.patchTables(in: &bytes)
    try file.write(bytes, at: 0)
  }

  // MARK: The end

  /// Gives the core its last form: the table in the kernel's place where it fits there, and behind the memory one PT_NOTE with
  /// the kernel's notes and ours.
  func finish(_ record: CaptureRecord, _ cause: LostRange.Cause) throws(SalvageError) {
    var position = tail + 2 * areaSize
    let notesAt = position
    if let notes {
      try copy(notes.fileOffset..<notes.fileOffset + notes.fileSize, to: position)
      position += roundUp(notes.fileSize, to: 4)
    }
    let own = ownNotes(record, cause)
    try file.write(own, at: position)
    position += UInt64(own.count)
    let table = table(noteSegment(at: notesAt, size: position - notesAt))
    let size = UInt64(table.bytes.count)
    let place = structure.tableRange
    let fits = size <= place.length
    let offset = fits ? place.lowerBound : roundUp(position, to: 8)
    // The file ends with what the headers name last.
    if !fits { position = offset + size }
    var section = structure.header.sectionHeaderOffset
    if table.count >= Int(FileHeader.noCount), !structure.countsInSection {
      section = position
      position += UInt64(format.sectionHeaderSize)
    }
    if fits, size < place.length {
      try file.writeZeros(place.lowerBound + size..<place.upperBound)
    }
    try writeTable(table, at: offset, section: section)
    // All that stood behind the memory while it grew.
    let memoryEnd = roundUp(
      segments.map { $0.fileEnd ?? 0 }.max() ?? tail, to: 4096)
    try file.clear(min(tail, max(memoryEnd, sectionEnd))..<tail + 2 * areaSize)
    try file.resize(to: position)
  }

  /// The end of the kernel's section header, which stands behind the memory where there is one.
  private var sectionEnd: UInt64 {
    guard structure.countsInSection, let range = structure.sectionRange else { return 0 }
    return roundUp(range.upperBound, to: 4096)
  }

  private func copy(_ range: Range<UInt64>, to offset: UInt64) throws(SalvageError) {
    let source = try InputFile(
      reading: file, named: file.path, size: range.upperBound)
    try file.copy(range, of: source, to: offset)
  }
}

extension ProgramHeader {
  /// The addresses whose bytes the kernel dumps.
  var dumpedRange: Range<UInt64> {
    address..<address +| min(fileSize, memorySize)
  }
}
