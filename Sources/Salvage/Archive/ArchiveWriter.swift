/// Compresses a core into the LZ4 frames of an archive, with several threads. Each of them reads, compresses and writes
/// blocks of its own; they only wait for each other to learn where a block goes.
final class ArchiveWriter: @unchecked Sendable {
  private let core: any ByteSource
  private let output: any WritableFile
  private let options: ArchiveOptions
  private let geometry: ArchiveGeometry
  private let progress: Progress
  private let claims: Claims
  private let turnstile = Turnstile()
  private let turn: WriteTurn
  /// Only whoever passes the turnstile touches it.
  private var layout: ArchiveLayout
  /// Blocks of zeros by their length, which stand for the blocks of holes.
  private let zeros: [UInt64: ZeroBlock]

  /// The frames begin at `offset` in the output.
  init(
    _ core: any ByteSource, _ output: any WritableFile, _ options: ArchiveOptions,
    _ geometry: ArchiveGeometry, at offset: UInt64, progress: Progress
  ) {
    self.core = core
    self.output = output
    self.options = options
    self.geometry = geometry
    self.progress = progress
    claims = Claims(geometry.blockCount)
    turn = WriteTurn(output)
    layout = ArchiveLayout(geometry, dataOffset: offset)
    var zeros: [UInt64: ZeroBlock] = [:]
    for block in geometry.blocks(of: 0) {
      let length = geometry.range(of: block).length
      guard zeros[length] == nil else { continue }
      zeros[length] = ZeroBlock(
        Int(length), level: options.level, storing: geometry.isLast(block))
    }
    self.zeros = zeros
  }

  /// Memory for buffers, whatever the number of threads that are asked for.
  private static let mostMemory = 88 << 20

  /// One thread more than cores, so that one may wait for its turn or for the disk.
  private var threadCount: Int {
    let wanted = (options.threads ?? Workers.coreCount) + (options.threads == 1 ? 0 : 1)
    return max(1, min(wanted, Self.mostMemory / (2 * geometry.blockSize), geometry.blockCount))
  }

  /// Writes all frames, and gives the layout that came out.
  func write() throws(SalvageError) -> ArchiveLayout {
    Workers.run(threadCount) { [self] _ in
      do throws(SalvageError) {
        try work()
      } catch {
        claims.fail(error)
        turnstile.breakDown()
      }
    }
    try claims.throwFailure()
    return layout
  }

  private func work() throws(SalvageError) {
    let compressor = BlockCompressor(blockSize: geometry.blockSize, level: options.level)
    while let block = claims.next() {
      let range = geometry.range(of: block)
      if let zeros = zeros[range.length], zeros.isStored == geometry.isLast(block),
        core.firstData(in: range) == nil
      {
        try unsafe write(zeros.entry, zeros.bytes, contents: zeros.contents, block)
      } else {
        let raw = unsafe UnsafeMutableRawBufferPointer(
          rebasing: compressor.raw[..<Int(range.length)])
        let count = try unsafe core.read(at: range.lowerBound, into: raw)
        guard count == raw.count else {
          throw SalvageError.becameShorter(core.path, at: range.lowerBound + UInt64(count))
        }
        let entry = compressor.compress(raw.count, storing: geometry.isLast(block))
        try unsafe write(
          entry, compressor.bytes(entry), contents: UnsafeRawBufferPointer(raw), block)
      }
      progress.advance(by: range.length, at: range.upperBound)
    }
  }

  private func write(
    _ entry: BlockEntry, _ bytes: UnsafeRawBufferPointer, contents: UnsafeRawBufferPointer,
    _ block: Int
  ) throws(SalvageError) {
    let place = turnstile.pass(block) { unsafe layout.place(entry, contents: contents) }
    guard let place else { return }
    let start = place.offset + UInt64(place.leading.count)
    let end = start + UInt64(bytes.count)
    try turn.write(place.offset..<end) { () throws(SalvageError) in
      if !place.leading.isEmpty { try output.write(place.leading, at: place.offset) }
      unsafe try output.write(bytes, at: start)
      if !place.trailing.isEmpty { try output.write(place.trailing, at: end) }
    }
  }
}

/// A block of zeros, compressed once.
@safe struct ZeroBlock: @unchecked Sendable {
  // The compressor is never used again, and its buffers don't change.
  private let compressor: BlockCompressor
  let entry: BlockEntry

  init(_ size: Int, level: Int, storing: Bool) {
    compressor = BlockCompressor(blockSize: size, level: level)
    unsafe compressor.raw.initializeMemory(as: UInt8.self, repeating: 0)
    entry = compressor.compress(size, storing: storing)
  }

  var contents: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(compressor.raw) }
  var isStored: Bool { entry.isStored }
  /// As they go into the file.
  var bytes: UnsafeRawBufferPointer { unsafe compressor.bytes(entry) }
}
