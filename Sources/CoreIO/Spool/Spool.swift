internal import Dispatch
internal import Synchronization

/// Puts a stream into a file as it comes, with two threads: one reads and unpacks while the other writes. Long stretches
/// of zeros become holes.
package struct Spool: Sendable {
  package let output: any WritableFile
  package let sparse: Sparseness
  package let progress: WorkProgress

  package init(output: any WritableFile, sparse: Sparseness, progress: WorkProgress) {
    self.output = output
    self.sparse = sparse
    self.progress = progress
  }

  /// What a stream was.
  package struct Result {
    package var size: UInt64
    package var ending: StreamEnding
  }

  /// How far it has come. Whoever holds it has the stream for himself.
  private struct Cursor {
    var position: UInt64 = 0
    var isStopped = false
  }

  package func fill(from stream: any ByteStream) throws(SalvageError) -> Result {
    let work = Mutex(Cursor())
    let failure = Mutex<SalvageError?>(nil)
    let writer = SparseWriter(output, sparse)
    // It is only used by the thread that has the cursor.
    nonisolated(unsafe) let stream = stream
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      do throws(SalvageError) {
        try unsafe copyChunks(of: stream, work, writer)
      } catch {
        failure.withLock { $0 = $0 ?? error }
        work.withLock { $0.isStopped = true }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let size = work.withLock { $0.position }
    // What the stream ended with may have become a hole.
    try output.resize(to: size)
    return Result(size: size, ending: unsafe stream.ending)
  }

  private func copyChunks(
    of stream: any ByteStream, _ work: borrowing Mutex<Cursor>, _ writer: SparseWriter
  ) throws(SalvageError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: SparseWriter.chunkSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    while true {
      let chunk = work.withLock { cursor -> Range<UInt64> in
        guard !cursor.isStopped else { return cursor.position..<cursor.position }
        let start = cursor.position
        let count = unsafe stream.read(into: buffer)
        cursor.position += UInt64(count)
        cursor.isStopped = count < buffer.count
        return start..<cursor.position
      }
      guard !chunk.isEmpty else { return }
      unsafe try writer.write(
        UnsafeRawBufferPointer(rebasing: buffer[..<Int(chunk.length)]), at: chunk.lowerBound)
      try progress.advance(to: chunk.upperBound)
    }
  }
}
