internal import CoreIO
internal import ELFCore

/// The beginning of the kernel's stream, read at once into memory. While nobody reads, the kernel waits in the middle of the
/// notes: a socket holds a few dozen of them, and a kill then takes the others.
struct HeadStart {
  let header: FileHeader
  /// The first program header.
  let notes: ProgramHeader
  /// From the start of the stream.
  let bytes: [UInt8]
  /// Where the notes end.
  let end: UInt64

  /// No kernel writes more: 4 MiB of notes for each 1,000 threads, and 56 bytes for each mapping.
  private static let largest: UInt64 = 1 << 30
  /// Of some 70 threads all that there is. As many crashes may be at work as have room for that in the daemon's own memory.
  private static let mostAtOnce: UInt64 = 256 << 10

  /// Whether all came that belongs before the memory.
  var isWhole: Bool { UInt64(bytes.count) == end }

  /// - Parameter patience: how many milliseconds the kernel may take for the next byte.
  init(_ channel: CrashChannel, patience: Int32) throws(CoreHead.Failure) {
    // The first entry is that of the notes, and tells where they end.
    let start = channel.bytes(upTo: 64, patience: patience)
    guard FileHeader.magic.starts(with: start.prefix(FileHeader.magic.count)) else {
      throw .foreign
    }
    guard start.count == 64 else { throw .cut }
    guard let header = FileHeader(start.span), header.type == FileHeader.coreType else {
      throw .foreign
    }
    let format = header.format
    let entryEnd = header.programHeaderOffset +| UInt64(format.programHeaderSize)
    guard header.programHeaderOffset >= UInt64(format.fileHeaderSize), entryEnd <= 4096 else {
      throw .foreign
    }
    guard let more = channel.bytes(max(0, Int(entryEnd) - 64), patience: patience) else {
      throw .cut
    }
    var bytes = start + more
    guard
      let notes = ProgramHeader(
        bytes.span, record: Int(header.programHeaderOffset), in: format), notes.kind == .note,
      let end = notes.fileEnd, notes.fileOffset >= UInt64(bytes.count), end <= Self.largest
    else { throw .foreign }
    let wanted = Int(min(end, Self.mostAtOnce)) - bytes.count
    if wanted > 0 { bytes += channel.bytes(upTo: wanted, patience: patience) }
    self.header = header
    self.notes = notes
    self.bytes = bytes
    self.end = end
  }
}
