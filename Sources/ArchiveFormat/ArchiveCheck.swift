package import CoreIO
internal import Synchronization

/// Reads every block of an archive, with several threads, to learn which of them are damaged.
package final class ArchiveCheck: Sendable {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let claims: Claims
  private let damaged = Mutex<[Int]>([])
  private let progress: WorkProgress?

  private init(_ file: any ByteSource, _ index: ArchiveIndex, _ progress: WorkProgress?) {
    self.file = file
    self.index = index
    self.progress = progress
    claims = Claims(index.presentCount)
  }

  /// The damaged blocks in order, of those that there are. `use` is called with each sound one, by any thread.
  package static func damagedBlocks(
    of file: any ByteSource, _ index: ArchiveIndex, threads: Int? = nil,
    progress: WorkProgress? = nil,
    use: @escaping @Sendable (Int, BlockReader.Contents) throws(SalvageError) -> Void
  ) throws(SalvageError) -> [Int] {
    let check = ArchiveCheck(file, index, progress)
    let count = Self.threadCount(threads, index.geometry)
    Workers.run(count) { _ in
      do throws(SalvageError) {
        try check.work(use)
      } catch {
        check.claims.fail(error)
      }
    }
    try check.claims.throwFailure()
    return check.damaged.withLock { $0.sorted() }
  }

  /// One thread more than cores, so that one may wait for the disk. Each has buffers of a compressed and a raw block, which
  /// are to stay below 100 MiB together.
  package static func threadCount(_ wanted: Int?, _ geometry: ArchiveGeometry) -> Int {
    let wanted = (wanted ?? Workers.coreCount) + (wanted == 1 ? 0 : 1)
    return max(1, min(wanted, (96 << 20) / (2 * geometry.blockSize), geometry.blockCount))
  }

  private func work(
    _ use: (Int, BlockReader.Contents) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    let reader = BlockReader(file, index)
    while let claim = claims.next() {
      let block = index.number(ofPresent: claim)
      let contents = try reader.read(block)
      if case .damaged = contents {
        damaged.withLock { $0.append(block) }
      } else {
        try use(block, contents)
      }
      let range = index.geometry.range(of: block)
      try progress?.advance(to: range.upperBound)
    }
  }
}
