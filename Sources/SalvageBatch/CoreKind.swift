internal import ArchiveFormat
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Salvage

/// What a file's first bytes say of it, where it may be a core.
package enum CoreKind: Hashable, Sendable {
  case plain
  /// A stream of zstd, lz4 or gzip, or a bundle.
  case packed
  /// An archive of ours.
  case archive

  /// nil for what is certainly none. Throws for what may be one, or may have been meant for one, and can't be looked into.
  init?(of file: InputFile) throws(SalvageError) {
    let magic = FileHeader.magic
    let head: [UInt8]
    do throws(SalvageError) {
      head = try file.bytes(at: 0, count: 8)
    } catch {
      // An archive is one without its beginning.
      guard error.isUnreadable, ArchiveIndex.isArchive(file) else { throw error }
      self = .archive
      return
    }
    guard !head.isEmpty else { throw SalvageError(.emptyFile, file: file.path) }
    if head.starts(with: magic) {
      self = .plain
      return
    }
    if ArchiveIndex.isArchive(file) {
      self = .archive
      return
    }
    try Intake.refuseForeign(head, file.path)
    guard let unpacked = Intake.unpackedHead(of: file, count: magic.count) else { return nil }
    if unpacked.bytes.count < magic.count, unpacked.ending != .whole {
      if case .unreadable(let errno) = unpacked.ending {
        throw SalvageError(.io(errno, call: "read"), file: file.path)
      }
      guard !unpacked.isStrangersTar else { return nil }
      if let packing = unpacked.packing, let reason = unpacked.ending.reasonForNothing(packing) {
        throw SalvageError(.nothingUnpacked(reason: reason), file: file.path)
      }
    }
    guard unpacked.bytes == magic else { return nil }
    self = .packed
  }
}
