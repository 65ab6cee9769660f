internal import CoreIO
internal import ELFCore

/// Finds the blocks of an archive whose seek table is lost or no longer fits: by the marks around each group, from both sides
/// of what is damaged or missing. A block counts as found only if its checksum is the one that a mark or the table vouches
/// for; in archives of version 1, whose marks may be lost with a group's end, also if it's just a sound one.
package struct ArchiveSearch: Sendable {
  package let geometry: ArchiveGeometry
  /// In the order of their numbers.
  package private(set) var found: [(number: Int, block: ArchiveIndex.Block)] = []
  package private(set) var copies: [StructureCopy] = []
  /// Where frames of other archives are.
  package let foreign: [Range<UInt64>]
  /// Where the archive ends by its seek table, where more follows.
  package let end: UInt64?

  init(_ file: any ByteSource) throws(SalvageError) {
    let catalog = try FrameCatalog(file)
    guard let archive = catalog.chosen else {
      throw SalvageError(.notAnArchive(found: try Self.words(for: file)), file: file.path)
    }
    geometry = catalog.geometries[archive]
    let selection = try MarkSelection(catalog, archive, in: file)
    foreign = selection.foreign
    end = selection.table.flatMap {
      $0.end == $0.table.archiveSize && $0.end < file.size ? $0.end : nil
    }
    var list = CopyList()
    for offset in catalog.copies where !list.isFull {
      guard let frame = try SkippableFrame(at: offset, in: file),
        let copy = StructureCopy(frame, geometry)
      else { continue }
      list.append(copy)
    }
    copies = list.copies
    var first = catalog.firstManifestEnd
    if first == nil, geometry.id == nil { first = try Self.manifestEnd(file, geometry) }
    var placing = GroupPlacing(
      file, geometry, selection.marks, selection.table?.table, firstManifestEnd: first)
    try placing.run()
    found = placing.found
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
}
