public import ArchiveFormat
public import CoreIO
internal import Synchronization
public import SystemPackage

/// What a look at every byte of an archive found.
public struct Verification: Hashable, Sendable {
  /// The archive.
  public let file: FilePath
  /// The size of the archive in bytes.
  public let size: UInt64
  /// The size of the core in it, in bytes.
  public let coreSize: UInt64
  /// How many blocks the core is in.
  public let blocks: Int
  /// Of the archive's format. Parts of version 1 can't be told from those of another archive.
  public let version: UInt64
  /// In the order of the archive.
  public let faults: [ArchiveFault]

  /// Whether every byte of the archive is as it was written.
  public var isSound: Bool { faults.isEmpty }

  /// Decodes and checks everything, and writes nothing. Throws where the file can't be read, or is no archive of ours.
  public init(
    of path: FilePath, threads: Int? = nil,
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    try self.init(of: InputFile(path), threads: threads, progress: progress)
  }

  package init(
    of file: any ByteSource, threads: Int? = nil,
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    let file = file.tolerant
    let index = try ArchiveIndex(of: file)
    let geometry = index.geometry
    self.file = file.path
    size = file.size
    coreSize = geometry.size
    blocks = geometry.blockCount
    version = geometry.version
    guard let table = try SeekTable(endOf: file), index.isByTable else {
      faults = Self.faults(ofSearch: index, file.size)
      return
    }
    let groups = GroupCheck(
      file, index, table, threads, WorkProgress(on: file.path, total: coreSize, report: progress))
    faults = try groups.faults()
  }

  /// What is wrong with an archive that had to be searched.
  private static func faults(ofSearch index: ArchiveIndex, _ size: UInt64) -> [ArchiveFault] {
    var faults: [ArchiveFault] = []
    if let end = index.search?.end {
      faults.append(
        ArchiveFault(what: "bytes after the archive's end", range: end..<size, coreRange: 0..<0))
    } else {
      faults.append(
        ArchiveFault(
          what: "the archive is cut, or its seek table damaged", range: size..<size,
          coreRange: 0..<0))
    }
    for range in index.search?.foreign ?? [] {
      faults.append(
        ArchiveFault(what: "a part of another archive", range: range, coreRange: 0..<0))
    }
    for blocks in index.lost(damaged: []) {
      let first = index.geometry.range(of: blocks.lowerBound)
      let last = index.geometry.range(of: blocks.upperBound - 1)
      let name =
        blocks.count == 1
        ? "block \(blocks.lowerBound)" : "blocks \(blocks.lowerBound) to \(blocks.upperBound - 1)"
      faults.append(
        ArchiveFault(what: name, range: 0..<0, coreRange: first.lowerBound..<last.upperBound))
    }
    return faults
  }
}
