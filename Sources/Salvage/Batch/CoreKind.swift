internal import ELFCore

/// What a file's first bytes say of it, where it may be a core.
enum CoreKind: Hashable, Sendable {
  case plain
  /// A stream of zstd or lz4.
  case packed
  /// An archive of ours.
  case archive

  /// nil for what is certainly none.
  init?(of file: InputFile) throws(SalvageError) {
    let head: [UInt8]
    do throws(SalvageError) {
      head = try file.bytes(at: 0, count: FileHeader.magic.count)
    } catch {
      // An archive is one without its beginning.
      guard error.isUnreadable, ArchiveIndex.isArchive(file) else { throw error }
      self = .archive
      return
    }
    if head == FileHeader.magic {
      self = .plain
    } else if ArchiveIndex.isArchive(file) {
      self = .archive
    } else if Intake.unpackedHead(of: file, count: FileHeader.magic.count) == FileHeader.magic {
      self = .packed
    } else {
      return nil
    }
  }
}
