package import CoreIO
internal import Synchronization

/// Reads every block of an archive, with several threads, to learn which of them are damaged, and what stands around them.
package final class ArchiveCheck: Sendable {
  private let file: any ByteSource
  private let index: ArchiveIndex
  private let claims: Claims
  private let damaged = Mutex<[Int]>([])
  private let progress: WorkProgress?
  private let frames: FrameCheck?

  /// What was found.
  package struct Found: Sendable {
    /// The damaged blocks in order, of those that there are.
    package let blocks: [Int]
    /// What else is damaged, where a sound seek table tells; nothing of the core is lost with it. Of checksums over the contents
    /// of a frame nothing is known.
    package let faults: [ArchiveFault]
  }

  private init(
    _ file: any ByteSource, _ index: ArchiveIndex, _ progress: WorkProgress?
  ) throws(SalvageError) {
    self.file = file
    self.index = index
    self.progress = progress
    frames = try FrameCheck(file, index)
    claims = Claims(index.presentCount)
  }

  /// Checks all of it. `use` is called with each sound block, by any thread.
  package static func damage(
    of file: any ByteSource, _ index: ArchiveIndex, threads: Int? = nil,
    progress: WorkProgress? = nil,
    use: @escaping @Sendable (Int, BlockReader.Contents) throws(SalvageError) -> Void
  ) throws(SalvageError) -> Found {
    let check = try ArchiveCheck(file, index, progress)
    let count = Self.threadCount(threads, index.geometry)
    Workers.run(count) { _ in
      do throws(SalvageError) {
        try check.work(use)
      } catch {
        check.claims.fail(error)
      }
    }
    try check.claims.throwFailure()
    return Found(
      blocks: check.damaged.withLock { $0.sorted() }, faults: try check.frames?.allFaults() ?? [])
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
      try frames?.check(around: block, reader)
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
