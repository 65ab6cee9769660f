internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import SystemPackage

/// What the kernel writes before any memory: the header, the table, the notes.
struct CoreHead {
  let structure: CoreStructure
  let process: ProcessSnapshot
  /// Where it ends.
  let size: UInt64
  /// Where the notes were cut: how many threads have the registers only that /proc shows. nil where they are whole.
  let threadsStoodIn: Int?

  /// Why there is none.
  enum Failure: Error { case cut, foreign }

  /// Reads on from its beginning, into a file, at its offsets. Nothing behind it is read.
  ///
  /// - Parameter standIn: what is put in place of notes that don't come.
  init(
    _ start: HeadStart, _ channel: CrashChannel, into file: any WritableFile,
    named path: FilePath, patience: Int32, standIn: () -> StandIn = { .nothing }
  ) throws {
    try file.write(start.bytes, at: 0)
    let end = start.end
    var position = UInt64(start.bytes.count)
    var chunk = [UInt8](repeating: 0, count: start.isWhole ? 0 : 64 << 10)
    while position < end {
      let wanted = Int(min(UInt64(chunk.count), end - position))
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe channel.read(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]), patience: patience)
      }
      guard count > 0 else { break }
      try file.write(Array(chunk[..<count]), at: position)
      position += UInt64(count)
    }
    size = end
    threadsStoodIn =
      position == end
      ? nil
      : try Self.mend(file, named: path, start.header, start.notes, end: position, standIn())
    let source = try InputFile(reading: file, named: path, size: end)
    structure = try Probe.structure(of: source)
    process = try ProcessSnapshot(structure, source)
    guard structure.isLaidOut(behind: end) else { throw Failure.foreign }
  }

  /// Makes notes that end too early whole in themselves. Without the whole table nothing tells what the memory is, nor which of
  /// it must not be dumped.
  private static func mend(
    _ file: any WritableFile, named path: FilePath, _ header: FileHeader, _ notes: ProgramHeader,
    end: UInt64, _ standIn: StandIn
  ) throws -> Int {
    guard end > notes.fileOffset else { throw Failure.cut }
    let source = try InputFile(reading: file, named: path, size: end)
    let mend = try NoteMend(source, header, notes, end: end, standIn)
    guard mend.hasThreads else { throw Failure.cut }
    try file.write(mend.added, at: mend.keptEnd)
    let mendedEnd = mend.keptEnd + UInt64(mend.added.count)
    if mendedEnd < end { try file.writeZeros(mendedEnd..<end) }
    var entry = notes
    entry.fileSize = mendedEnd - notes.fileOffset
    var bytes: [UInt8] = []
    entry.append(to: &bytes, in: header.format)
    try file.write(bytes, at: header.programHeaderOffset)
    return mend.threadCount
  }
}

extension CoreStructure {
  /// Whether its memory stands in rising order behind its head, none over another: as every kernel lays it out.
  fileprivate func isLaidOut(behind end: UInt64) -> Bool {
    guard damagedEntries.isEmpty, mendedEntries.isEmpty else { return false }
    var position = end
    for segment in programHeaders where segment.kind == .load && segment.fileSize > 0 {
      guard segment.fileOffset >= position, let next = segment.fileEnd,
        segment.memorySize >= segment.fileSize, segment.address <= UInt64.max - segment.memorySize
      else { return false }
      position = next
    }
    return position <= UInt64(Int64.max)
  }
}
