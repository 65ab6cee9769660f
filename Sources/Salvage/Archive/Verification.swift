internal import Synchronization
public import SystemPackage

/// What a look at every byte of an archive found.
public struct Verification: Hashable, Sendable {
  public var file: FilePath
  public var size: UInt64
  public var coreSize: UInt64
  public var blocks: Int
  /// Of the archive's format. Parts of version 1 can't be told from those of another archive.
  public var version: UInt64
  /// In the order of the archive.
  public var faults: [ArchiveFault]

  public var isSound: Bool { faults.isEmpty }

  /// Decodes and checks everything, and writes nothing. Throws where the file can't be read, or is no archive of ours.
  public init(
    of path: FilePath, threads: Int? = nil,
    progress: (@Sendable (Progress.State) -> Void)? = nil
  ) throws(SalvageError) {
    try self.init(of: InputFile(path), threads: threads, progress: progress)
  }

  package init(
    of file: any ByteSource, threads: Int? = nil,
    progress: (@Sendable (Progress.State) -> Void)? = nil
  ) throws(SalvageError) {
    let file = file.tolerant
    let index = try ArchiveIndex(of: file)
    let geometry = index.geometry
    self.file = file.path
    size = file.size
    coreSize = geometry.size
    blocks = geometry.blockCount
    version = geometry.version
    faults = []
    guard let table = try SeekTable(endOf: file), index.isByTable else {
      faults = Self.faults(ofSearch: index, file.size)
      return
    }
    faults += try ArchiveFrames(file, table).faults()
    let groups = GroupCheck(
      file, index, table, threads, Progress(total: coreSize, report: progress))
    faults += try groups.faults()
    faults.sort { $0.range.lowerBound < $1.range.lowerBound }
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

extension Verification: CustomStringConvertible {
  /// A line, and one more for each fault; safe to print.
  public var description: String {
    let name = PrintableText(file)
    guard !isSound else {
      return "\(name): sound, \(ByteCount(coreSize)) in \(ByteCount(size)), \(blocks) blocks"
    }
    let lost = faults.total(\.coreRange.length)
    var lines = ["\(name): damaged, \(ByteCount(lost)) of \(ByteCount(coreSize)) lost"]
    if version == 1 { lines.append("  " + ArchiveFault.oldFormat) }
    return (lines + faults.map { "  \($0)" }).joined(separator: "\n")
  }

  /// What there is to say of a file that could not be verified.
  public static func json(of error: SalvageError) -> JSON {
    .members([
      "archive": .string(PrintableText(error.file).description),
      "sound": .bool(false),
      "error": .string(error.description),
    ])
  }

  /// All of it, as one object.
  public var json: JSON {
    .members([
      "archive": .string(PrintableText(file).description),
      "sound": .bool(isSound),
      "version": .number(version),
      "size": .number(size),
      "coreSize": .number(coreSize),
      "blocks": .number(UInt64(blocks)),
      "faults": .array(faults.map(\.json)),
    ])
  }
}

extension ArchiveFault: CustomStringConvertible {
  public var description: String {
    let place = range.isEmpty ? "" : " at \(range.lowerBound), \(ByteCount(range.length))"
    guard !coreRange.isEmpty else { return what + place + ": nothing of the core is lost with it" }
    return what + place
      + ": offsets \(coreRange.lowerBound) to \(coreRange.upperBound) of the core are lost"
  }

  fileprivate var json: JSON {
    .members([
      "what": .string(what),
      "offset": .number(range.lowerBound),
      "length": .number(range.length),
      "coreOffset": coreRange.isEmpty ? .null : .number(coreRange.lowerBound),
      "coreLength": .number(coreRange.length),
    ])
  }
}
