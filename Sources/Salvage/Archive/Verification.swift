internal import Synchronization
public import SystemPackage

/// What a look at every byte of an archive found.
public struct Verification: Hashable, Sendable {
  /// Something that is not as it was written.
  public struct Fault: Hashable, Sendable {
    public var what: String
    /// Where in the archive, in bytes.
    public var range: Range<UInt64>
    /// The core's bytes that are lost with it; empty where none are.
    public var coreRange: Range<UInt64>
  }

  public var file: FilePath
  public var size: UInt64
  public var coreSize: UInt64
  public var blocks: Int
  /// In the order of the archive.
  public var faults: [Fault]

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
    let index = try ArchiveIndex(of: file)
    let geometry = index.geometry
    self.file = file.path
    size = file.size
    coreSize = geometry.size
    blocks = geometry.blockCount
    faults = []
    guard let table = try SeekTable(endOf: file), index.isByTable else {
      faults.append(
        Fault(
          what: "the archive is cut, or its seek table damaged",
          range: file.size..<file.size, coreRange: 0..<0))
      for block in index.blocks.indices where index.blocks[block].offset == nil {
        faults.append(Self.fault(block, index))
      }
      return
    }
    faults += try ArchiveFrames(file, table).faults()
    let groups = GroupCheck(
      file, index, table, threads, Progress(total: coreSize, report: progress))
    faults += try groups.faults()
    faults.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  static func fault(_ block: Int, _ index: ArchiveIndex) -> Fault {
    let place = index.blocks[block]
    let start = place.offset ?? 0
    return Fault(
      what: "block \(block)", range: start..<start + UInt64(place.entry.storedSize),
      coreRange: index.geometry.range(of: block))
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
    let head = "\(name): damaged, \(ByteCount(lost)) of \(ByteCount(coreSize)) lost"
    return ([head] + faults.map { "  \($0)" }).joined(separator: "\n")
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
      "size": .number(size),
      "coreSize": .number(coreSize),
      "blocks": .number(UInt64(blocks)),
      "faults": .array(faults.map(\.json)),
    ])
  }
}

extension Verification.Fault: CustomStringConvertible {
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
