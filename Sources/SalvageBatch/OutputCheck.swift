internal import ArchiveFormat
internal import CoreIO
internal import Glibc
internal import Salvage
internal import SystemPackage

/// Reads an output again, and compares it with what it was made from.
enum OutputCheck {
  private static let chunkSize: UInt64 = 1 << 20

  /// An output as the core that it holds: itself, or what is in an archive.
  static func open(_ path: FilePath, isArchive: Bool) throws(SalvageError) -> any ByteSource {
    let file = try InputFile(path)
    guard isArchive else { return file }
    return try ArchiveSource(file)
  }

  /// What its notes say is in doubt.
  static func doubts(of path: FilePath, isArchive: Bool) -> [CoreVerdict.Reason] {
    (try? open(path, isArchive: isArchive)).map(DoubtNote.all(in:)) ?? []
  }

  /// Throws where one byte is another.
  static func check(
    _ path: FilePath, isArchive: Bool, against plan: Plan, of source: any ByteSource
  ) throws(SalvageError) {
    // From the disk, as far as that can be had, and not from our own memory of it.
    let file = try InputFile(path)
    _ = posix_fadvise(file.descriptor.rawValue, 0, 0, Int32(POSIX_FADV_DONTNEED))
    let output = try open(path, isArchive: isArchive)
    let due = PlanSource(plan, source)
    guard output.size == due.size else { throw differs(path, at: min(output.size, due.size)) }
    var position: UInt64 = 0
    while position < due.size {
      let rest = position..<due.size
      // Where both have a hole there is nothing to read.
      let data = [due.firstData(in: rest), output.firstData(in: rest)].compactMap(\.self)
      guard let start = data.map(\.lowerBound).min() else { return }
      let count = Int(min(chunkSize, due.size - start))
      guard try output.bytes(at: start, count: count) == due.bytes(at: start, count: count) else {
        throw differs(path, at: start)
      }
      position = start + UInt64(count)
    }
  }

  private static func differs(_ path: FilePath, at offset: UInt64) -> SalvageError {
    SalvageError(
      .io(.ioError, call: "read again (it is not what was written; --force writes it anew)"),
      file: path, offset: offset)
  }
}
