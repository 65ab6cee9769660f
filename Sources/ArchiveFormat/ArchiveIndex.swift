package import CoreIO
internal import ELFCore

/// Where every block of an archive lies, as its seek table tells, or as the blocks themselves do where that is lost.
package struct ArchiveIndex: Sendable {
  /// A block and where its bytes begin in the archive: after its size word.
  package struct Block: Hashable, Sendable {
    package var entry: BlockEntry
    package var offset: UInt64
  }

  package let geometry: ArchiveGeometry
  /// Those that there are, in their order.
  private let blocks: [Block]
  /// Their numbers, where they are not all.
  private let numbers: [Int32]
  /// What a search found; nil where the seek table was of use. Each block that was found by a search is sound.
  package let search: ArchiveSearch?
  /// Where what follows the last group begins, by the seek table.
  let endOffset: UInt64

  /// Whether the seek table was of use.
  package var isByTable: Bool { search == nil }

  /// Finds the blocks. Throws where this is no archive of ours, or nothing is left of one.
  package init(of file: any ByteSource) throws(SalvageError) {
    guard let table = try SeekTable(endOf: file), table.archiveSize == file.size,
      case let groups = table.groupOffsets, let end = groups.last, end <= file.size,
      try !Self.beginsAsAnother(file, than: table)
    else {
      let search = try ArchiveSearch(file)
      geometry = search.geometry
      blocks = search.found.map(\.block)
      numbers = search.found.map { Int32($0.number) }
      self.search = search
      endOffset = file.size
      return
    }
    geometry = table.geometry
    search = nil
    endOffset = end
    numbers = []
    var blocks: [Block] = []
    blocks.reserveCapacity(table.entries.count)
    for (group, start) in groups.dropLast().enumerated() {
      var offset = start + ArchiveGeometry.frameHeaderSize
      for entry in table.entries[geometry.blocks(of: group)] {
        blocks.append(Block(entry: entry, offset: offset + 4))
        offset += entry.sizeInFile
      }
    }
    self.blocks = blocks
  }

  /// Whether the beginning of the file is of another archive than its seek table.
  private static func beginsAsAnother(
    _ file: any ByteSource, than table: SeekTable
  ) throws(SalvageError) -> Bool {
    if let first = try SkippableFrame(at: 0, in: file), let found = ArchiveGeometry(manifest: first)
    {
      guard found == table.geometry else { return true }
    }
    // The first mark knows an archive of the same id too.
    guard table.geometry.id != nil,
      let frame = try SkippableFrame(at: table.dataOffset, in: file),
      let mark = GroupMark(frame)
    else { return false }
    return mark != GroupMark(table.geometry, group: 0, table.entries(of: 0))
  }

  // MARK: Blocks

  /// How many blocks there are to be read.
  var presentCount: Int { blocks.count }

  /// The number of the n-th of them.
  package func number(ofPresent index: Int) -> Int { isByTable ? index : Int(numbers[index]) }

  /// A block by its number; nil where it was not found.
  package subscript(number: Int) -> Block? {
    guard !isByTable else { return blocks[number] }
    let index = numbers.partitioningIndex { $0 >= number }
    return index < numbers.count && numbers[index] == number ? blocks[index] : nil
  }

  /// The numbers of all blocks that can't be had, where of those that are there these are damaged.
  package func lost(damaged: [Int]) -> [Range<Int>] {
    var lost = damaged.map { $0..<$0 + 1 }
    if !isByTable {
      var next = 0
      for number in numbers.lazy.map({ Int($0) }) + [geometry.blockCount] {
        if next < number { lost.append(next..<number) }
        next = number + 1
      }
    }
    lost.sort { $0.lowerBound < $1.lowerBound }
    var joined: [Range<Int>] = []
    for range in lost {
      if let last = joined.last, last.upperBound >= range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  // MARK: Copies

  /// The second copies of what all hangs on. They are read only once they are needed.
  package func copies(in file: any ByteSource) throws(SalvageError) -> [StructureCopy] {
    if let search { return search.copies }
    var copies = CopyList()
    var offset = endOffset
    while offset < file.size, !copies.isFull {
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
    return copies.copies
  }
}

extension ArchiveIndex {
  /// Whether a file is an archive of ours, by its first frame or its last one. What can't be read is none.
  package static func isArchive(_ file: any ByteSource) -> Bool {
    let file = file.tolerant
    let prefix = (try? file.bytes(at: 0, count: SkippableFrame.prefixSize)) ?? []
    if SkippableFrame.kind(prefix) == .manifest { return true }
    // Most files are no archives, and a core is none that ends like one.
    guard !prefix.starts(with: FileHeader.magic) else { return false }
    if (try? SeekTable(endOf: file)) != nil { return true }
    // With both damaged, what follows the beginning tells.
    let magic = prefix.span.integer(at: 0, size: 4, .little) ?? 0
    guard
      magic == 0 || magic & 0xFFFF_FFF0 == 0x184D_2A50 || prefix.starts(with: LZ4FrameHeader.magic)
    else { return false }
    var search = FrameSearch(file)
    return (try? search.hasFrame(before: mostHead)) == true
  }

  /// Where there is an archive, one of its frames comes before this, for all but the longest manifests.
  private static let mostHead: UInt64 = 8 << 20
}

/// The copies of an archive, as many as one has.
struct CopyList {
  private(set) var copies: [StructureCopy] = []
  private var bytes: UInt64 = 0

  /// More copies than this are no archive's.
  static let most = 1024

  var isFull: Bool { copies.count >= Self.most || bytes >= StructureCopy.mostBytes }

  mutating func append(_ copy: StructureCopy) {
    guard !isFull else { return }
    copies.append(copy)
    bytes += copy.range.length
  }
}
