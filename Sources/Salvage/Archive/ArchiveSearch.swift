internal import ELFCore

/// Finds the blocks of an archive whose seek table is lost or no longer fits: by the marks after each group, by the blocks
/// themselves, from both sides of what is damaged or missing. A block counts as found only if its checksum is right.
struct ArchiveSearch {
  let geometry: ArchiveGeometry
  private(set) var blocks: [ArchiveIndex.Block]
  private(set) var copies: [StructureCopy] = []

  /// A mark that was found, and where.
  private struct Mark {
    var range: Range<UInt64>
    var entries: [BlockEntry]
  }

  private let probe: BlockProbe
  private var marks: [Int: Mark] = [:]
  private var table: SeekTable?
  private var firstManifestEnd: UInt64?

  /// More copies than this are no archive's.
  static let mostCopies = 1024

  init(_ file: any ByteSource) throws(SalvageError) {
    var found: [GroupMark] = []
    var places: [Range<UInt64>] = []
    var copyFrames: [SkippableFrame] = []
    var geometries: [ArchiveGeometry] = []
    var search = FrameSearch(file)
    var table: SeekTable?
    var manifestEnd: UInt64?
    try search.forEach { frame throws(SalvageError) in
      switch frame.kind {
      case .manifest:
        if let geometry = Manifest.geometry(frame) { geometries.append(geometry) }
        if frame.range.lowerBound == 0 { manifestEnd = frame.range.upperBound }
      case .mark:
        guard let mark = GroupMark(frame), found.count < ArchiveGeometry.mostBlocks else { return }
        found.append(mark)
        places.append(frame.range)
      case .copy: if copyFrames.count < Self.mostCopies { copyFrames.append(frame.withoutContent) }
      case .seekTable: table = SeekTable(frame) ?? table
      }
    }
    guard let geometry = table?.geometry ?? found.first?.geometry ?? geometries.first else {
      throw SalvageError(
        .notAnArchive(found: try Self.words(for: file)), file: file.path)
    }
    self.geometry = geometry
    self.table = table?.geometry == geometry ? table : nil
    probe = BlockProbe(file, geometry)
    blocks = Array(repeating: .lost, count: geometry.blockCount)
    for (mark, range) in zip(found, places) where mark.geometry == geometry {
      marks[mark.group] = marks[mark.group] ?? Mark(range: range, entries: mark.entries)
    }
    for frame in copyFrames {
      guard let whole = try SkippableFrame(at: frame.range.lowerBound, in: file),
        let copy = StructureCopy(whole, geometry)
      else { continue }
      copies.append(copy)
    }
    if manifestEnd == nil { manifestEnd = try Self.manifestEnd(file, geometry) }
    firstManifestEnd = manifestEnd
    try place(in: file)
  }

  /// What a file is that has none of our frames.
  private static func words(for file: any ByteSource) throws(SalvageError) -> String {
    let prefix = try file.bytes(at: 0, count: SkippableFrame.prefixSize)
    if SkippableFrame.kind(prefix) == .manifest {
      return "an archive cut or damaged in its manifest"
    }
    if prefix.isEmpty { return "an empty file" }
    if prefix.starts(with: LZ4FrameHeader.magic) {
      return "a plain LZ4 frame, without a manifest, marks or a seek table"
    }
    return prefix.prefix(4).map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " ")
  }

  /// Where the first group begins though the manifest is damaged: by the size that it names, or by the header of the frame.
  private static func manifestEnd(
    _ file: any ByteSource, _ geometry: ArchiveGeometry
  ) throws(SalvageError) -> UInt64? {
    let prefix = try file.bytes(at: 0, count: SkippableFrame.prefixSize)
    let header = LZ4FrameHeader.bytes(geometry, group: 0)
    if let size = prefix.span.integer(at: 4, size: 4, .little) {
      let end = size + UInt64(SkippableFrame.headerSize)
      if try file.bytes(at: end, count: header.count) == header { return end }
    }
    return try FrameSearch(file).first(header, from: 0, to: UInt64(SkippableFrame.largest))
  }

  // MARK: Placing

  private mutating func place(in file: any ByteSource) throws(SalvageError) {
    let starts = GroupStarts(
      geometry, first: firstManifestEnd,
      marks: marks.mapValues { $0.range }, entries: entries(of:), table: table,
      fileSize: file.size)
    var afterWalk: UInt64?
    for group in 0..<geometry.groupCount {
      var candidates = starts.candidates(for: group)
      if let start = afterWalk, !candidates.contains(start) { candidates.append(start) }
      afterWalk = nil
      if let entries = entries(of: group) {
        try place(group, entries, candidates)
      } else if let start = candidates.first {
        let walk = try BlockWalk(
          probe, from: start, count: geometry.blocks(of: group).count,
          end: starts.frameEnd(of: group))
        let numbers = geometry.blocks(of: group)
        for (index, block) in walk.found { blocks[numbers.lowerBound + index] = block }
        afterWalk = walk.blocksEnd.map {
          $0 + geometry.frameEndSize + GroupMark.frameSize(blocks: numbers.count)
        }
      }
    }
  }

  /// What the blocks of a group are, where a mark or the table tells.
  private func entries(of group: Int) -> [BlockEntry]? {
    if let mark = marks[group] { return mark.entries }
    return table.map { Array($0.entries[geometry.blocks(of: group)]) }
  }

  /// Takes each block from wherever its checksum is right.
  private mutating func place(
    _ group: Int, _ entries: [BlockEntry], _ candidates: [UInt64]
  ) throws(SalvageError) {
    var distance = ArchiveGeometry.frameHeaderSize
    for (block, entry) in zip(geometry.blocks(of: group), entries) {
      for start in candidates {
        let (offset, overflow) = start.addingReportingOverflow(distance + 4)
        guard !overflow, try probe.isSound(entry, at: offset) else { continue }
        blocks[block] = ArchiveIndex.Block(entry, at: offset)
        break
      }
      distance += entry.sizeInFile
    }
  }
}
