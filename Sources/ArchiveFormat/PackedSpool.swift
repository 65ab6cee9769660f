package import CoreIO
internal import Synchronization
package import SystemPackage

/// Puts a stream into a file in compressed blocks as it comes. Each thread reads, compresses and appends blocks of its own;
/// blocks of zeros take no room.
package final class PackedSpool: @unchecked Sendable {
  private let output: any WritableFile
  private let progress: WorkProgress
  private let turnstile = Turnstile()
  private let cursor = Mutex(Cursor())
  private let failure = Mutex<SalvageError?>(nil)
  /// Where each block ends in the file. Only whoever passes the turnstile touches it.
  private var ends: [UInt64] = []

  /// How far it has come. Whoever holds it has the stream for himself.
  private struct Cursor {
    var blocks = 0
    var size: UInt64 = 0
    var isStopped = false
  }

  /// Small beside an archive's blocks, whose buffers take most of the memory that there may be.
  package static let blockSize = 256 << 10
  /// With more, it is the stream that is waited for. Each has buffers for two blocks.
  private static let mostThreads = 5

  package init(output: any WritableFile, progress: WorkProgress) {
    self.output = output
    self.progress = progress
  }

  /// Takes a stream to its end, and gives what was in it.
  package func fill(
    from stream: any ByteStream, named path: FilePath
  ) throws(SalvageError) -> (source: PackedSource, ending: StreamEnding) {
    // It is only used by the thread that has the cursor.
    nonisolated(unsafe) let stream = stream
    Workers.run(min(Workers.coreCount + 1, Self.mostThreads)) { [self] _ in
      do throws(SalvageError) {
        try unsafe work(on: stream)
      } catch {
        failure.withLock { $0 = $0 ?? error }
        cursor.withLock { $0.isStopped = true }
        turnstile.breakDown()
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let file = try InputFile(reading: output, named: path, size: ends.last ?? 0)
    let source = PackedSource(file, size: cursor.withLock { $0.size }, ends: ends)
    return (source, unsafe stream.ending)
  }

  private func work(on stream: any ByteStream) throws(SalvageError) {
    let compressor = BlockCompressor(blockSize: Self.blockSize, level: 1)
    while true {
      let claim = cursor.withLock { cursor -> (number: Int, count: Int, end: UInt64)? in
        guard !cursor.isStopped else { return nil }
        let count = unsafe stream.read(into: compressor.raw)
        cursor.isStopped = count < Self.blockSize
        guard count > 0 else { return nil }
        defer { cursor.blocks += 1 }
        cursor.size += UInt64(count)
        return (cursor.blocks, count, cursor.size)
      }
      guard let claim else { return }
      let isZero = unsafe Self.isZero(compressor.raw, claim.count)
      let entry = isZero ? nil : compressor.compress(claim.count)
      let result = turnstile.pass(claim.number) {
        Result { () throws(SalvageError) in
          unsafe try append(entry.map { unsafe compressor.bytes($0) })
        }
      }
      guard let result else { return }
      try result.get()
      try progress.advance(to: claim.end)
    }
  }

  private func append(_ bytes: UnsafeRawBufferPointer?) throws(SalvageError) {
    let start = ends.last ?? 0
    if let bytes = unsafe bytes { unsafe try output.write(bytes, at: start) }
    ends.append(unsafe start + UInt64(bytes?.count ?? 0))
  }

  private static func isZero(_ raw: UnsafeMutableRawBufferPointer, _ count: Int) -> Bool {
    let whole = count / 256 * 256
    return unsafe ZeroTest.isZero(UnsafeRawBufferPointer(rebasing: raw[..<whole]))
      && raw[whole..<count].allSatisfy { $0 == 0 }
  }
}
