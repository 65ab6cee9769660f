package import CoreIO
internal import ELFCore
internal import Synchronization
internal import SystemPackage

/// Checks what stands around the blocks of an archive whose seek table is sound: their sizes and checksums, the frames that
/// they are in, the marks between these. The blocks' own bytes are others' work, and nothing of the core is lost here.
package final class FrameCheck: Sendable {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let table: SeekTable
  private let starts: [UInt64]
  private let chains: [UInt64]
  private let found = Mutex<[ArchiveFault]>([])

  package init(_ file: any ByteSource, _ index: ArchiveIndex, _ table: SeekTable) {
    self.file = file
    self.index = index
    self.table = table
    starts = table.groupOffsets
    chains = table.chains
  }

  /// Nil where the archive's blocks were not found by its seek table.
  convenience init?(_ file: any ByteSource, _ index: ArchiveIndex) throws(SalvageError) {
    guard index.isByTable, let table = try SeekTable(endOf: file) else { return nil }
    self.init(file, index, table)
  }

  /// What was found so far, in any order.
  var faults: [ArchiveFault] { found.withLock { $0 } }

  /// What is wrong before and after all groups, too.
  func allFaults() throws(SalvageError) -> [ArchiveFault] {
    try (ArchiveFrames(file, table).faults() + faults)
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Checks what stands right before and after a block, after `reader` has read that.
  func check(around block: Int, _ reader: BlockReader) throws(SalvageError) {
    guard let place = index[block] else { return }
    let geometry = index.geometry
    let group = geometry.group(of: block)
    let blocks = geometry.blocks(of: group)
    if block == 0 { try checkBeginning() }
    var word: [UInt8] = []
    word.append(UInt64(place.entry.word), size: 4, .little)
    let end = place.offset + UInt64(place.entry.storedSize)
    var checksum: [UInt8] = []
    checksum.append(UInt64(place.entry.checksum), size: 4, .little)
    let words = reader.words
    if words?.before != word {
      try compare(word, at: place.offset - 4, "the size of block \(block)")
    }
    if words?.after != checksum { try compare(checksum, at: end, "the checksum of block \(block)") }
    guard block == blocks.upperBound - 1 else { return }
    try check(after: group, at: end + 4)
  }

  /// Checks what stands between a group's last block and the next one's first.
  private func check(after group: Int, at offset: UInt64) throws(SalvageError) {
    let geometry = index.geometry
    let end: [UInt8] = [0, 0, 0, 0]
    let mark = geometry.markAfter(group)
    let next = group + 1
    let header = next < geometry.groupCount ? LZ4FrameHeader.bytes(geometry, group: next) : []
    // As a rule all is right, and one look enough.
    if !geometry.hasContentChecksum,
      try file.has(end + table.mark(mark, chains).frame + header, at: offset)
    {
      return
    }
    try compare(end, at: offset, "the end of frame \(group)")
    try check(mark: mark, at: offset + geometry.frameEndSize)
    guard !header.isEmpty else { return }
    try compare(header, at: starts[next], "the header of frame \(next)")
  }

  /// Checks what stands between the manifest and the first block.
  private func checkBeginning() throws(SalvageError) {
    let geometry = index.geometry
    try compare(
      LZ4FrameHeader.bytes(geometry, group: 0), at: starts[0], "the header of frame 0")
    if let first = geometry.markBefore(0) {
      try check(mark: first, at: starts[0] - GroupMark.frameSize(first, geometry))
    }
  }

  private func check(mark number: Int, at offset: UInt64) throws(SalvageError) {
    let geometry = index.geometry
    let mark = table.mark(number, chains).frame
    guard try !file.has(mark, at: offset) else { return }
    let name =
      geometry.id == nil
      ? "the mark after frame \(number)"
      : number == geometry.groupCount ? "the last mark" : "the mark before frame \(number)"
    let found = try SkippableFrame(at: offset, in: file).flatMap { GroupMark($0) }
    let isForeign = found.map { $0.geometry != geometry } ?? false
    note(
      ArchiveFault(
        what: name + (isForeign ? " (it is another archive's)" : ""),
        range: offset..<offset + UInt64(mark.count), coreRange: 0..<0))
  }

  /// Notes a fault where other bytes stand in the archive than those expected.
  func compare(
    _ expected: [UInt8], at offset: UInt64, _ what: String
  ) throws(SalvageError) {
    let isRight = try file.has(expected, at: offset)
    guard !isRight else { return }
    note(
      ArchiveFault(
        what: what, range: offset..<offset + UInt64(expected.count), coreRange: 0..<0))
  }

  func note(_ fault: ArchiveFault) { found.withLock { $0.append(fault) } }
}

extension ByteSource {
  /// Whether these bytes stand at `offset`.
  package func has(_ expected: [UInt8], at offset: UInt64) throws(SalvageError) -> Bool {
    do throws(SalvageError) {
      return try bytes(at: offset, count: expected.count) == expected
    } catch {
      if case .io(.ioError, _) = error.kind { return false }
      throw error
    }
  }
}
