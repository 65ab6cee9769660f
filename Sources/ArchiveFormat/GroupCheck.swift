package import CoreIO
internal import ELFCore

/// Checks each group of an archive whose seek table is sound, with several threads: all that `lz4 -d` will look at.
package final class GroupCheck: Sendable {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let frames: FrameCheck
  private let threads: Int?
  private let progress: WorkProgress
  private let claims: Claims

  package init(
    _ file: any ByteSource, _ index: ArchiveIndex, _ table: SeekTable, _ threads: Int?,
    _ progress: WorkProgress
  ) {
    self.file = file
    self.index = index
    frames = FrameCheck(file, index, table)
    self.threads = threads
    self.progress = progress
    claims = Claims(index.geometry.groupCount)
  }

  /// In the order of the archive, those before and after all groups too.
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
    return try frames.allFaults()
  }

  private func check(
    _ group: Int, _ reader: BlockReader, _ hash: Hash32
  ) throws(SalvageError) {
    let geometry = index.geometry
    let blocks = geometry.blocks(of: group)
    hash.reset()
    for block in blocks { try check(block: block, reader, hash) }
    guard geometry.hasContentChecksum, let last = blocks.last.flatMap({ index[$0] }) else { return }
    var bytes: [UInt8] = []
    bytes.append(UInt64(hash.value), size: 4, .little)
    // Behind the last block's checksum and the mark of the frame's end.
    try frames.compare(
      bytes, at: last.offset + UInt64(last.entry.storedSize) + 8,
      "the content checksum of frame \(group)")
  }

  private func check(
    block: Int, _ reader: BlockReader, _ hash: Hash32
  ) throws(SalvageError) {
    let geometry = index.geometry
    guard let place = index[block] else { return }
    switch try reader.read(block) {
    case .damaged: frames.note(ArchiveFault(block: block, place, geometry))
    case .bytes(let bytes): if geometry.hasContentChecksum { unsafe hash.update(bytes) }
    case .zeros:
      if geometry.hasContentChecksum {
        let zeros = [UInt8](repeating: 0, count: Int(geometry.range(of: block).length))
        unsafe zeros.withUnsafeBytes { unsafe hash.update($0) }
      }
    }
    try frames.check(around: block, reader)
    let range = geometry.range(of: block)
    try progress.advance(to: range.upperBound)
  }
}
