internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Copies ranges of an input to the same offsets of an empty output, with two threads: one reads while the other
/// writes. Holes stay holes, and long stretches of zeros become some.
package struct SparseCopy: Sendable {
  package let source: any ByteSource
  package let output: any WritableFile
  package let sparse: Sparseness
  package let progress: WorkProgress

  package init(
    source: any ByteSource, output: any WritableFile, sparse: Sparseness, progress: WorkProgress
  ) {
    self.source = source
    self.output = output
    self.sparse = sparse
    self.progress = progress
  }

  package func copy(_ ranges: [Range<UInt64>]) throws(SalvageError) {
    let work = Mutex(Cursor(ranges: ranges))
    let failure = Mutex<SalvageError?>(nil)
    let writer = SparseWriter(output, sparse)
    // What fits in one chunk is not worth a second thread.
    let size = ranges.total(\.length)
    guard size > UInt64(SparseWriter.chunkSize) else { return try copyChunks(from: work, writer) }
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      do throws(SalvageError) {
        try copyChunks(from: work, writer)
      } catch {
        failure.withLock { $0 = $0 ?? error }
        work.withLock { $0.stop() }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// What is left to copy.
  private struct Cursor {
    private var ranges: [Range<UInt64>]
    /// The first range that is not done.
    private var index = 0
    /// The stretch of data that the next chunk is cut from.
    private var data = 0..<UInt64(0)

    init(ranges: [Range<UInt64>]) { self.ranges = ranges }

    mutating func stop() {
      index = ranges.count
      data = 0..<0
    }

    /// The next chunk. Its end is on a multiple of the chunk size wherever data goes on, so that granules are aligned.
    mutating func next(_ source: any ByteSource, wholly: Bool) -> Range<UInt64>? {
      while data.isEmpty {
        guard index < ranges.count else { return nil }
        let range = ranges[index]
        if let found = wholly ? range : source.firstData(in: range) {
          data = found
          ranges[index] = found.upperBound..<range.upperBound
        }
        if data.isEmpty || ranges[index].isEmpty { index += 1 }
      }
      let size = UInt64(SparseWriter.chunkSize)
      let end = min(data.upperBound, (data.lowerBound / size + 1) * size)
      let chunk = data.lowerBound..<end
      data = end..<data.upperBound
      return chunk
    }
  }

  private func copyChunks(
    from work: borrowing Mutex<Cursor>, _ writer: SparseWriter
  ) throws(SalvageError) {
    let buffer = CopyBuffer.take()
    defer { CopyBuffer.giveBack(buffer) }
    while let chunk = work.withLock({ $0.next(source, wholly: sparse == .never) }) {
      if let held = source.held(chunk) {
        try write(held, at: chunk.lowerBound, by: writer)
        try progress.advance(to: chunk.upperBound)
        continue
      }
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<Int(chunk.length)])
      let count = try unsafe source.read(at: chunk.lowerBound, into: part)
      guard count == part.count else {
        throw SalvageError.becameShorter(source.path, at: chunk.lowerBound + UInt64(count))
      }
      unsafe try writer.write(UnsafeRawBufferPointer(part), at: chunk.lowerBound)
      try progress.advance(to: chunk.upperBound)
    }
  }

  private func write(
    _ bytes: ArraySlice<UInt8>, at offset: UInt64, by writer: SparseWriter
  ) throws(SalvageError) {
    let result = unsafe bytes.withUnsafeBytes { bytes -> Result<Void, SalvageError> in
      Result { () throws(SalvageError) in unsafe try writer.write(bytes, at: offset) }
    }
    try result.get()
  }
}
