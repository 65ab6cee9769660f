public import ArchiveFormat
public import CoreIO
public import CoreModel
internal import ELFCore
internal import Salvage
public import SystemPackage

/// What a look at every byte of an archive or a bundle found.
public struct Verification: Hashable, Sendable {
  /// The archive, or the bundle.
  public let file: FilePath
  /// Its size in bytes.
  public let size: UInt64
  /// The size of the core in it, in bytes.
  public let coreSize: UInt64
  /// Whether it is a bundle.
  public let isBundle: Bool
  /// How many blocks the core is in; 0 for a bundle.
  public let blocks: Int
  /// Of the archive's format; 0 for a bundle. Parts of version 1 can't be told from those of another archive.
  public let version: UInt64
  /// Whether checksums vouch for what of it is sound; a bundle has one at its end, if any.
  public let isChecked: Bool
  /// In the order of the archive.
  public let faults: [ArchiveFault]

  /// What a repair has left in doubt of the core in it. However sound the archive is, its core is damaged then.
  public let doubts: [CoreVerdict.Reason]

  /// Whether the core in it is known to be damaged, as it was when it was put in.
  public var isCoreDamaged: Bool { doubts.contains(where: \.isDamage) }

  /// Whether every byte is as it was written, as far as there are checksums.
  public var isSound: Bool { faults.isEmpty }

  /// Decodes and checks everything, and writes nothing. Throws where the file can't be read, or is neither an archive of ours nor
  /// a bundle.
  public init(
    of path: FilePath, threads: Int? = nil,
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    let file = try InputFile.archive(path)
    if Intake.isTar(file) {
      try self.init(bundle: file, progress: progress)
    } else {
      try self.init(of: file, threads: threads, progress: progress)
    }
  }

  package init(
    of file: any ByteSource, threads: Int? = nil,
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    let file = file.tolerant
    let index = try ArchiveIndex(of: file)
    let geometry = index.geometry
    self.file = file.path
    isBundle = false
    size = file.size
    coreSize = geometry.size
    blocks = geometry.blockCount
    version = geometry.version
    isChecked = true
    doubts = (try? ArchiveSource(file)).map(DoubtNote.all(in:)) ?? []
    guard let table = try SeekTable(endOf: file), index.isByTable else {
      faults = Self.faults(ofSearch: index, file.size)
      return
    }
    let groups = GroupCheck(
      file, index, table, threads, WorkProgress(on: file.path, total: coreSize, report: progress))
    faults = try groups.faults()
  }

  /// Reads a bundle to its end: where its stream has a checksum, that is what tells.
  private init(
    bundle file: InputFile, progress: WorkProgress.Observer?
  ) throws(SalvageError) {
    guard let tar = Intake.unpacked(file)?.stream as? TarStream else {
      throw SalvageError(.notAnArchive(found: "no tar archive"), file: file.path)
    }
    // That all of it can be read is what is asked here.
    tar.readsAll = true
    let work = WorkProgress(on: file.path, total: 0, report: progress)
    var position: UInt64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var isCore = false
    while case let count = unsafe tar.read(into: buffer), count > 0 {
      if position == 0 { isCore = unsafe buffer[..<count].starts(with: FileHeader.magic) }
      position += UInt64(count)
      try work.advance(to: position)
    }
    guard !tar.isStrangers, isCore || position < 4 else {
      throw SalvageError(.notAnArchive(found: "a tar archive, and no bundle"), file: file.path)
    }
    var way = WayIn(kind: .file)
    way.packing = .tar
    way.ending = tar.ending
    way.rest = tar.rest
    if let failure = way.readFailure(of: file.path, at: position) { throw failure }
    self.file = file.path
    isBundle = true
    size = file.size
    let coreSize = max(position, tar.size ?? 0)
    self.coreSize = coreSize
    blocks = 0
    version = 0
    isChecked = tar.rest.isChecked
    // They stand at its end, which went by.
    doubts =
      (try? Intake.glance(at: .file(file.path)) { intake throws(SalvageError) in
        DoubtNote.all(in: intake.source)
      }) ?? []
    // With a wrong checksum, or where not all is in its place, any byte may be wrong.
    let sound =
      switch tar.ending {
      case .whole: tar.rest.isInPlace ? coreSize : 0
      case .checksumWrong: UInt64(0)
      case .cut, .damaged, .unreadable: position - min(tar.doubtful, position)
      }
    faults =
      way.streamDamageWords.map {
        [ArchiveFault(what: $0, range: file.size..<file.size, coreRange: sound..<coreSize)]
      } ?? []
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
