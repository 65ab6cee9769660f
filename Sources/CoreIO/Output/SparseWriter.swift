/// Writes chunks of data, from several threads, and leaves out what can be a hole.
package final class SparseWriter: Sendable {
  private let output: any WritableFile
  private let sparse: Sparseness
  private let turn: WriteTurn

  package init(_ output: any WritableFile, _ sparse: Sparseness) {
    self.output = output
    self.sparse = sparse
    turn = WriteTurn(output)
  }

  /// A megabyte amortises the system calls and stays in the processor's cache.
  package static let chunkSize = 1 << 20
  /// Many holes of a page cost the file system more than they save; from 16 KiB on they pay.
  private var granule: Int { sparse == .always ? 4 << 10 : 16 << 10 }

  /// Writes what is not zero into a file that is a hole there.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    try turn.write(offset..<offset + UInt64(bytes.count)) { () throws(SalvageError) in
      unsafe try writeData(bytes, at: offset)
    }
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
