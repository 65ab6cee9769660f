internal import ELFCore

/// Where every block of an archive lies, as its seek table tells, or as the blocks themselves do where that is lost.
package struct ArchiveIndex: Sendable {
  /// A block and where its bytes begin in the archive: after its size word.
  struct Block: Hashable, Sendable {
    var entry: BlockEntry
    /// nil where the block was not found.
    var offset: UInt64? { place == .max ? nil : place }
    private var place: UInt64

    init(_ entry: BlockEntry, at offset: UInt64?) {
      self.entry = entry
      place = offset ?? .max
    }

    static let lost = Block(BlockEntry(word: 0, checksum: 0), at: nil)
  }

  package let geometry: ArchiveGeometry
  private(set) var blocks: [Block]
  /// Whether the seek table was of use. Else the archive was searched, and each block that was found is sound.
  let isByTable: Bool
  /// Where what follows the last group begins, by the seek table.
  private let endOffset: UInt64
  private let foundCopies: [StructureCopy]

  /// Finds the blocks. Throws where this is no archive of ours, or nothing is left of one.
  init(of file: any ByteSource) throws(SalvageError) {
    guard let table = try SeekTable(endOf: file), table.archiveSize == file.size,
      let end = table.groupOffsets.last, end <= file.size
    else {
      let search = try ArchiveSearch(file)
      geometry = search.geometry
      blocks = search.blocks
      foundCopies = search.copies
      isByTable = false
      endOffset = file.size
      return
    }
    geometry = table.geometry
    isByTable = true
    endOffset = end
    foundCopies = []
    blocks = []
    blocks.reserveCapacity(table.entries.count)
    for (group, start) in table.groupOffsets.dropLast().enumerated() {
      var offset = start + ArchiveGeometry.frameHeaderSize
      for entry in table.entries[geometry.blocks(of: group)] {
        blocks.append(Block(entry, at: offset + 4))
        offset += entry.sizeInFile
      }
    }
  }

  /// The second copies of what all hangs on. They are read only once they are needed.
  func copies(in file: any ByteSource) throws(SalvageError) -> [StructureCopy] {
    guard isByTable else { return foundCopies }
    var copies: [StructureCopy] = []
    var offset = endOffset
    while offset < file.size, copies.count < ArchiveSearch.mostCopies {
      let prefix = try file.bytes(at: offset, count: SkippableFrame.prefixSize)
      guard SkippableFrame.kind(prefix) == .copy,
        let size = prefix.span.integer(at: 4, size: 4, .little)
      else { break }
      if let frame = try SkippableFrame(at: offset, in: file),
        let copy = StructureCopy(frame, geometry)
      {
        copies.append(copy)
      }
      // One that is damaged is passed over by the size that it names.
      offset += size + UInt64(SkippableFrame.headerSize)
    }
    return copies
  }

  /// Whether a file is an archive of ours, by its first frame or its last one. What can't be read is none.
  static func isArchive(_ file: any ByteSource) -> Bool {
    let prefix = (try? file.bytes(at: 0, count: SkippableFrame.prefixSize)) ?? []
    if SkippableFrame.kind(prefix) == .manifest { return true }
    // Most files are no archives, and a core is none that ends like one.
    guard !prefix.starts(with: FileHeader.magic) else { return false }
    return (try? SeekTable(endOf: file)) != nil
  }
}
