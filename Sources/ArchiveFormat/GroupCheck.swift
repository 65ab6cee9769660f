package import CoreIO
internal import ELFCore
internal import Synchronization
internal import SystemPackage

/// Checks each group of an archive whose seek table is sound, with several threads: all that `lz4 -d` will look at.
package final class GroupCheck: Sendable {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let table: SeekTable
  private let starts: [UInt64]
  private let chains: [UInt64]
  private let threads: Int?
  private let progress: WorkProgress
  private let claims: Claims
  private let found = Mutex<[ArchiveFault]>([])

  package init(
    _ file: any ByteSource, _ index: ArchiveIndex, _ table: SeekTable, _ threads: Int?,
    _ progress: WorkProgress
  ) {
    self.file = file
    self.index = index
    self.table = table
    self.threads = threads
    self.progress = progress
    starts = table.groupOffsets
    chains = table.chains
    claims = Claims(index.geometry.groupCount)
  }

  package func faults() throws(SalvageError) -> [ArchiveFault] {
    Workers.run(ArchiveCheck.threadCount(threads, index.geometry)) { [self] _ in
      do throws(SalvageError) {
        let reader = BlockReader(file, index)
        let hash = Hash32()
        while let group = claims.next() { try check(group, reader, hash) }
      } catch {
        claims.fail(error)
      }
    }
    try claims.throwFailure()
    return found.withLock { $0 }
  }

  private func check(
    _ group: Int, _ reader: BlockReader, _ hash: Hash32
  ) throws(SalvageError) {
    let geometry = index.geometry
    let blocks = geometry.blocks(of: group)
    try compare(
      LZ4FrameHeader.bytes(geometry, group: group), at: starts[group],
      "the header of frame \(group)")
    hash.reset()
    for block in blocks { try check(block: block, reader, hash) }
    var end =
      starts[group] + geometry.frameSize(table.entries[blocks]) - geometry.frameEndSize
    try compare([0, 0, 0, 0], at: end, "the end of frame \(group)")
    end += 4
    if geometry.hasContentChecksum {
      var bytes: [UInt8] = []
      bytes.append(UInt64(hash.value), size: 4, .little)
      try compare(bytes, at: end, "the content checksum of frame \(group)")
      end += 4
    }
    if group == 0, let first = geometry.markBefore(0) {
      try check(mark: first, at: starts[0] - GroupMark.frameSize(first, geometry))
    }
    try check(mark: geometry.markAfter(group), at: end)
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

  private func check(
    block: Int, _ reader: BlockReader, _ hash: Hash32
  ) throws(SalvageError) {
    let geometry = index.geometry
    guard let place = index[block] else { return }
    switch try reader.read(block) {
    case .damaged: note(ArchiveFault(block: block, place, geometry))
    case .bytes(let bytes): if geometry.hasContentChecksum { unsafe hash.update(bytes) }
    case .zeros:
      if geometry.hasContentChecksum {
        let zeros = [UInt8](repeating: 0, count: Int(geometry.range(of: block).length))
        unsafe zeros.withUnsafeBytes { unsafe hash.update($0) }
      }
    }
    var word: [UInt8] = []
    word.append(UInt64(place.entry.word), size: 4, .little)
    try compare(word, at: place.offset - 4, "the size of block \(block)")
    var checksum: [UInt8] = []
    checksum.append(UInt64(place.entry.checksum), size: 4, .little)
    try compare(
      checksum, at: place.offset + UInt64(place.entry.storedSize), "the checksum of block \(block)")
    let range = geometry.range(of: block)
    progress.advance(by: range.length, at: range.upperBound)
  }

  /// Notes a fault where other bytes stand in the archive than those expected.
  private func compare(
    _ expected: [UInt8], at offset: UInt64, _ what: String
  ) throws(SalvageError) {
    let isRight = try file.has(expected, at: offset)
    guard !isRight else { return }
    note(
      ArchiveFault(
        what: what, range: offset..<offset + UInt64(expected.count), coreRange: 0..<0))
  }

  private func note(_ fault: ArchiveFault) { found.withLock { $0.append(fault) } }
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
