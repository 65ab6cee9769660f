internal import Glibc
internal import SystemPackage

/// Reads an output again, and compares it with what it was made from.
enum OutputCheck {
  private static let chunkSize: UInt64 = 1 << 20

  /// Throws where one byte is another.
  static func check(
    _ path: FilePath, against plan: Plan, of source: any ByteSource
  ) throws(SalvageError) {
    let file = try InputFile(path)
    let output: any ByteSource = try ArchiveIndex.isArchive(file) ? ArchiveSource(file) : file
    guard output.size == plan.size else { throw differs(path, at: min(output.size, plan.size)) }
    // From the disk, as far as that can be had, and not from our own memory of it.
    _ = posix_fadvise(file.descriptor.rawValue, 0, 0, Int32(POSIX_FADV_DONTNEED))
    for piece in plan.pieces {
      switch piece.content {
      case .bytes(let bytes):
        let found = try output.bytes(at: piece.offset, count: bytes.count)
        guard found == bytes else { throw differs(path, at: piece.offset) }
      case .hole:
        try compare(piece, output) { _, count in [UInt8](repeating: 0, count: count) }
      case .file(let file, let range):
        let opened = try file.open()
        try compare(piece, output) { offset, count throws(SalvageError) in
          try opened.bytes(at: range.lowerBound + offset, count: count)
        }
      case .input(let range):
        try compare(piece, output) { offset, count throws(SalvageError) in
          try source.bytes(at: range.lowerBound + offset, count: count)
        }
      }
    }
  }

  /// Compares a piece with what it should be. Where both have a hole nothing is read.
  private static func compare(
    _ piece: Piece, _ output: any ByteSource,
    _ due: (UInt64, Int) throws(SalvageError) -> [UInt8]
  ) throws(SalvageError) {
    var position = piece.offset
    while position < piece.end {
      if case .hole = piece.content {
        guard let data = output.firstData(in: position..<piece.end) else { return }
        position = data.lowerBound
      }
      let count = Int(min(chunkSize, piece.end - position))
      let found = try output.bytes(at: position, count: count)
      guard try found == due(position - piece.offset, count) else {
        throw differs(output.path, at: position)
      }
      position += UInt64(count)
    }
  }

  private static func differs(_ path: FilePath, at offset: UInt64) -> SalvageError {
    SalvageError(
      .io(.ioError, call: "read again (it is not what was written)"), file: path, offset: offset)
  }
}
