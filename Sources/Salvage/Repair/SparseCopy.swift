internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Copies ranges of an input to the same offsets of an empty output, with two threads: one reads while the other
/// writes. Holes stay holes, and long stretches of zeros become some.
struct SparseCopy: Sendable {
  let source: any ByteSource
  let output: OutputFile
  let sparse: RepairOptions.Sparse
  let progress: Progress

  /// A megabyte amortises the system calls and stays in the processor's cache.
  private static let chunkSize = 1 << 20
  /// Many holes of a page cost the file system more than they save; from 16 KiB on they pay.
  private var granule: Int { sparse == .always ? 4 << 10 : 16 << 10 }

  func copy(_ ranges: [Range<UInt64>]) throws(SalvageError) {
    let work = Mutex(Cursor(ranges: ranges))
    let failure = Mutex<SalvageError?>(nil)
    let turn = Mutex(Writeback())
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      do throws(SalvageError) {
        try copyChunks(from: work, turn)
      } catch {
        failure.withLock { $0 = $0 ?? error }
        work.withLock { $0.ranges = [] }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// What is left to copy.
  private struct Cursor {
    var ranges: [Range<UInt64>]
    /// The stretch of data that the next chunk is cut from.
    var data = 0..<UInt64(0)

    /// The next chunk. Its end is on a multiple of the chunk size wherever data goes on, so that granules are aligned.
    mutating func next(_ source: any ByteSource, wholly: Bool) -> Range<UInt64>? {
      while data.isEmpty {
        guard let range = ranges.first else { return nil }
        if let found = wholly ? range : source.firstData(in: range) {
          data = found
          ranges[0] = found.upperBound..<range.upperBound
        }
        if data.isEmpty || ranges[0].isEmpty { ranges.removeFirst() }
      }
      let size = UInt64(SparseCopy.chunkSize)
      let end = min(data.upperBound, (data.lowerBound / size + 1) * size)
      let chunk = data.lowerBound..<end
      data = end..<data.upperBound
      return chunk
    }
  }

  /// The turn to write: two threads at once in one file would spin for the kernel's lock of it, and gain nothing.
  /// Holds what was written since the disk was last told to begin with it.
  private struct Writeback {
    private var pending = 0..<UInt64(0)

    mutating func add(_ chunk: Range<UInt64>, _ output: OutputFile) {
      let start = pending.isEmpty ? chunk.lowerBound : min(pending.lowerBound, chunk.lowerBound)
      pending = start..<max(pending.upperBound, chunk.upperBound)
      // The sync at the end then waits for little more than the last of it; the kernel alone begins seconds later.
      guard pending.length >= 32 << 20 else { return }
      output.startWriteback(pending)
      pending = 0..<0
    }
  }

  private func copyChunks(
    from work: borrowing Mutex<Cursor>, _ turn: borrowing Mutex<Writeback>
  ) throws(SalvageError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.chunkSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    while let chunk = work.withLock({ $0.next(source, wholly: sparse == .never) }) {
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(chunk.length)])
      let count = try unsafe source.read(at: chunk.lowerBound, into: part)
      guard count == part.count else {
        throw SalvageError.becameShorter(source.path, at: chunk.lowerBound + UInt64(count))
      }
      let result = turn.withLock { writeback in
        Result { () throws(SalvageError) in
          unsafe try write(UnsafeRawBufferPointer(part), at: chunk.lowerBound)
          writeback.add(chunk, output)
        }
      }
      try result.get()
      progress.advance(by: chunk.length, at: chunk.upperBound)
    }
  }

  /// Writes what is not zero.
  private func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    guard sparse != .never else { return unsafe try output.write(bytes, at: offset) }
    var start = 0  // of the run of granules to write
    var position = 0
    while position < bytes.count {
      // Granules are aligned in the file, so the first may be short.
      let size = granule - Int((offset + UInt64(position)) % UInt64(granule))
      let end = min(position + size, bytes.count)
      let isHole =
        unsafe end - position == granule
        && ZeroTest.isZero(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
      if isHole {
        unsafe try output.write(
          UnsafeRawBufferPointer(rebasing: bytes[start..<position]), at: offset + UInt64(start))
        start = end
      }
      position = end
    }
    unsafe try output.write(
      UnsafeRawBufferPointer(rebasing: bytes[start...]), at: offset + UInt64(start))
  }
}
