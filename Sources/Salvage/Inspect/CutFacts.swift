internal import CoreIO
package import CoreModel
internal import ELFCore

/// What the file itself tells of its cut: the fingerprints that each cause leaves.
package struct CutFacts: Hashable, Sendable {
  /// What the cut lies in.
  enum Region: Hashable, Sendable {
    case headerTable, notes
    /// Behind the notes, up to where the first memory begins.
    case padding
    case memory
  }

  /// What the holes tell of how the core was written: the kernel leaves untouched pages out of a file, not out of a pipe.
  package enum Holes: Hashable, Sendable {
    /// There are some: written into a file, and only copied by what keeps holes.
    case present
    /// Untouched memory is written out as zeros: it came through a pipe, or a copy filled the holes.
    case filled
    /// No untouched memory survived, or the input can't tell.
    case unknown
  }

  let region: Region
  let width: ELFFormat.Width
  package let size: UInt64
  /// Whether the kernel could stop here by itself: after a program header, a note's header, name or descriptor, or a page.
  let isAtUnit: Bool
  /// The size of the unit that would have come next.
  let nextUnit: UInt64
  /// The largest power of two, up to 1 GiB, that the size is a multiple of.
  package let alignment: UInt64
  package let holes: Holes
  /// How many bytes the kernel wrote: holes don't count against RLIMIT_CORE. nil where holes can't be told.
  package let written: UInt64?
  /// A hole stands at the end, which no dump leaves.
  package let endsInHole: Bool
  /// The last page is zeros though the file has holes for untouched pages.
  let endsInZeros: Bool
  /// A program wrote it, gdb's gcore or another, and not Linux' kernel.
  let isByProgram: Bool
  package let writer: CoreWriter
  /// NT_FILE lists an io_uring, whose completions interrupt dumps into pipes.
  let hasRing: Bool
}

extension CutFacts {
  /// - Parameter holesAreKnown: false for bytes that a decoder or a repair put there.
  init(
    _ structure: CoreStructure, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ source: any ByteSource, holesAreKnown: Bool
  ) {
    let found = structure.sizeFound
    let pageSize = process.pageSize
    let notesStart =
      structure.programHeaders.filter { $0.kind == .note }.map(\.fileOffset).min()
      ?? structure.tableRange.upperBound
    let notesEnd =
      structure.programHeaders.filter { $0.kind == .note }
      .map { $0.fileEnd ?? .max }.max() ?? structure.tableRange.upperBound
    let memoryStart = structure.programHeaders.lazy
      .filter { $0.kind == .load && $0.fileSize > 0 }.map(\.fileOffset).min()
    size = found
    width = structure.format.width
    alignment = min(UInt64(1) << UInt64(found.trailingZeroBitCount & 63), 1 << 30)
    writer = process.writer
    isByProgram =
      !writer.isKernel || structure.hasSections && !structure.countsInSection
      || memoryStart.map { $0 < notesStart && notesStart > structure.tableRange.upperBound }
        ?? false
    hasRing =
      process.mappedFiles?.entries.contains {
        $0.path == Array("anon_inode:[io_uring]".utf8)
      } ?? false

    if found < structure.tableRange.upperBound {
      region = .headerTable
      let entry = UInt64(structure.format.programHeaderSize)
      let start = structure.tableRange.lowerBound
      isAtUnit = found < start || (found - start) % entry == 0
      nextUnit = entry
    } else if found < notesEnd, found >= notesStart || found < (memoryStart ?? .max) {
      region = .notes
      (isAtUnit, nextUnit) = Self.noteUnit(structure, source, start: notesStart)
    } else if found == notesEnd {
      (region, isAtUnit, nextUnit) = (.notes, true, pageSize)
    } else if let memoryStart, found <= memoryStart {
      // The kernel seeks over it in a file, and writes it into a pipe at once.
      (region, isAtUnit, nextUnit) = (.padding, found == memoryStart, pageSize)
    } else {
      region = .memory
      isAtUnit = (found - (memoryStart ?? 0)) % pageSize == 0
      nextUnit = pageSize
    }

    let firstPage = max(memoryStart ?? 0, notesEnd == .max ? 0 : notesEnd)
    let survey =
      region == .memory && holesAreKnown && found > firstPage
      ? HoleSurvey(source, firstPage..<found) : nil
    endsInHole = survey?.endsInHole ?? false
    if let survey, survey.hasHoles {
      holes = .present
      written = survey.dataBytes.map { notesEnd +| $0 }
      endsInZeros = Self.isZero(source, found - min(found, pageSize)..<found)
    } else {
      holes =
        survey != nil && Self.hasFilledPages(process, memory, pageSize) ? .filled : .unknown
      written = holesAreKnown ? found : nil
      endsInZeros = false
    }
  }

  /// Whether the end of the file is the end of a note's header, name or descriptor, and the size of what would follow.
  private static func noteUnit(
    _ structure: CoreStructure, _ source: any ByteSource, start: UInt64
  ) -> (isAtUnit: Bool, next: UInt64) {
    let found = structure.sizeFound
    let headerSize = UInt64(Note.headerSize)
    let last = structure.notes.last
    let lastEnd = last?.fileEnd ?? start
    // A gap before a note that isn't there yet is no part of it: the kernel skips it with the next bytes.
    if found == lastEnd || found < start { return (true, headerSize) }
    // Notes that are found where no header names them may lie before that.
    let noteStart = last.map { roundUp($0.fileEnd -| start, to: 4) +| start } ?? start
    guard found >= noteStart +| headerSize,
      let header = try? source.bytes(at: noteStart, count: Note.headerSize),
      let ownerSize = header.span.integer(at: 0, size: 4, structure.format.byteOrder),
      let descriptorSize = header.span.integer(at: 4, size: 4, structure.format.byteOrder)
    else { return (false, headerSize) }
    let done = found - noteStart - headerSize
    if done == 0 { return (true, ownerSize) }
    return (done == ownerSize, descriptorSize)
  }

  /// Whether pages far below the stack pointers, which hardly any thread touches, are there as zeros and not as holes.
  private static func hasFilledPages(
    _ process: ProcessSnapshot, _ memory: CoreMemory, _ pageSize: UInt64
  ) -> Bool {
    var seen = 0
    var zeros = 0
    for pointer in process.threads.lazy.compactMap(\.stackPointer).prefix(64) {
      guard let stack = memory.segment(at: pointer), pointer - stack.address >= 4 * pageSize else {
        continue
      }
      // The page in the middle of what lies below.
      let address = stack.address + (pointer - stack.address) / 2 / pageSize * pageSize
      let bytes = memory.readable(at: address, count: Int(pageSize))
      guard bytes.count == Int(pageSize) else { continue }
      seen += 1
      if bytes.areZeros { zeros += 1 }
    }
    if seen > 0 { return zeros > 0 }
    return hasZeroPages(memory, pageSize)
  }

  /// Without a stack: whether any of some pages all over the memory is zeros.
  private static func hasZeroPages(_ memory: CoreMemory, _ pageSize: UInt64) -> Bool {
    let present = memory.segments.lazy.filter { memory.survivingEnd(from: $0.address) > $0.address }
    for segment in present.filter({ $0.fileSize / 16 >= $0.alignment }).prefix(16) {
      let length = memory.survivingEnd(from: segment.address) - segment.address
      for step in 1..<UInt64(16) {
        let address = segment.address + length / 16 * step / pageSize * pageSize
        let bytes = memory.readable(at: address, count: Int(pageSize))
        if bytes.count == Int(pageSize), bytes.areZeros { return true }
      }
    }
    return false
  }

  private static func isZero(_ source: any ByteSource, _ range: Range<UInt64>) -> Bool {
    guard let bytes = try? source.bytes(at: range.lowerBound, count: Int(range.length)) else {
      return false
    }
    return !bytes.isEmpty && bytes.areZeros
  }
}
