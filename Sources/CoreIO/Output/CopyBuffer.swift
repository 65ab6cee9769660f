internal import Synchronization

/// The memory of one chunk of a copy. It goes from one copy to the next: to get it anew, page by page, costs a small core
/// as much as to read it.
@safe package final class CopyBuffer: @unchecked Sendable {
  // Whoever holds it has it alone.
  package let bytes = UnsafeMutableRawBufferPointer.allocate(
    byteCount: SparseWriter.chunkSize, alignment: 4096)

  deinit { unsafe bytes.deallocate() }

  private static let free = Mutex<[CopyBuffer]>([])
  private static let mostFree = 4

  package static func take() -> CopyBuffer { free.withLock { $0.popLast() } ?? CopyBuffer() }

  package static func giveBack(_ buffer: CopyBuffer) {
    free.withLock { if $0.count < mostFree { $0.append(buffer) } }
  }
}
