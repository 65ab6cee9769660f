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

  /// Why there is none.
  enum Failure: Error { case cut, foreign }

  /// No kernel writes more: 4 MiB of notes for each 1,000 threads, and 56 bytes for each mapping.
  private static let largest: UInt64 = 1 << 30

  /// Reads it off the stream into a file, at its offsets. Nothing behind it is read.
  init(
    _ channel: CrashChannel, into file: any WritableFile, named path: FilePath, patience: Int32
  ) throws {
    // The first entry is that of the notes, and tells where they end.
    guard let start = channel.bytes(64, patience: patience) else { throw Failure.cut }
    guard let header = FileHeader(start.span), header.type == FileHeader.coreType else {
      throw Failure.foreign
    }
    try file.write(start, at: 0)
    let format = header.format
    let tableEnd = header.programHeaderOffset +| UInt64(format.programHeaderSize)
    guard header.programHeaderOffset >= UInt64(format.fileHeaderSize), tableEnd <= 4096 else {
      throw Failure.foreign
    }
    guard let more = channel.bytes(max(0, Int(tableEnd) - 64), patience: patience) else {
      throw Failure.cut
    }
    try file.write(more, at: 64)
    let beginning = start + more
    guard
      let notes = ProgramHeader(
        beginning.span, record: Int(header.programHeaderOffset), in: format), notes.kind == .note,
      let end = notes.fileEnd, notes.fileOffset >= UInt64(beginning.count), end <= Self.largest
    else { throw Failure.foreign }
    var position = UInt64(beginning.count)
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while position < end {
      let wanted = Int(min(UInt64(chunk.count), end - position))
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe channel.read(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]), patience: patience)
      }
      guard count > 0 else { throw Failure.cut }
      try file.write(Array(chunk[..<count]), at: position)
      position += UInt64(count)
    }
    size = end
    let source = try InputFile(reading: file, named: path, size: end)
    structure = try Probe.structure(of: source)
    process = try ProcessSnapshot(structure, source)
    guard structure.isLaidOut(behind: end) else { throw Failure.foreign }
  }
}

extension CoreStructure {
  /// Whether its memory stands in rising order behind its head, none over another: as every kernel lays it out.
  fileprivate func isLaidOut(behind end: UInt64) -> Bool {
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
