internal import Synchronization

/// Writes chunks of data, from several threads, and leaves out what can be a hole.
final class SparseWriter: Sendable {
  private let output: any WritableFile
  private let sparse: RepairOptions.Sparse
  private let turn = Mutex(Writeback())

  init(_ output: any WritableFile, _ sparse: RepairOptions.Sparse) {
    self.output = output
    self.sparse = sparse
  }

  /// The turn to write: two threads at once in one file would spin for the kernel's lock of it, and gain nothing.
  /// Holds what was written since the disk was last told to begin with it.
  private struct Writeback {
    private var pending = 0..<UInt64(0)

    mutating func add(_ chunk: Range<UInt64>, _ output: any WritableFile) {
      let start = pending.isEmpty ? chunk.lowerBound : min(pending.lowerBound, chunk.lowerBound)
      pending = start..<max(pending.upperBound, chunk.upperBound)
      // The sync at the end then waits for little more than the last of it; the kernel alone begins seconds later.
      guard pending.length >= 32 << 20 else { return }
      output.startWriteback(pending)
      pending = 0..<0
    }
  }

  /// A megabyte amortises the system calls and stays in the processor's cache.
  static let chunkSize = 1 << 20
  /// Many holes of a page cost the file system more than they save; from 16 KiB on they pay.
  private var granule: Int { sparse == .always ? 4 << 10 : 16 << 10 }

  /// Writes what is not zero into a file that is a hole there.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    let result = turn.withLock { writeback in
      Result { () throws(SalvageError) in
        unsafe try writeData(bytes, at: offset)
        writeback.add(offset..<offset + UInt64(bytes.count), output)
      }
    }
    try result.get()
  }

  private func writeData(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
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
