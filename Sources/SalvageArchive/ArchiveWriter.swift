internal import ArchiveFormat
internal import CoreIO

/// Compresses a core into the LZ4 frames of an archive, with several threads. Each of them reads, compresses and writes
/// groups of its own; they only wait for each other to learn where a group goes.
final class ArchiveWriter: @unchecked Sendable {
  private let core: any ByteSource
  private let output: any WritableFile
  private let options: ArchiveOptions
  private let geometry: ArchiveGeometry
  private let progress: WorkProgress
  private let claims: Claims
  private let turnstile = Turnstile()
  private let turn: WriteTurn
  /// Only whoever passes the turnstile touches it.
  private var layout: ArchiveLayout
  /// The frame of a whole group of zeros, which stands for those of holes.
  private let zeros: (bytes: [UInt8], entries: [BlockEntry])

  /// The frames begin at `offset` in the output.
  init(
    _ core: any ByteSource, _ output: any WritableFile, _ options: ArchiveOptions,
    _ geometry: ArchiveGeometry, at offset: UInt64, progress: WorkProgress
  ) {
    self.core = core
    self.output = output
    self.options = options
    self.geometry = geometry
    self.progress = progress
    claims = Claims(geometry.groupCount)
    turn = WriteTurn(output)
    layout = ArchiveLayout(geometry, dataOffset: offset)
    let compressor = GroupCompressor(geometry, level: options.level)
    unsafe compressor.room(for: geometry.range(ofGroup: 0).length)
      .initializeMemory(as: UInt8.self, repeating: 0)
    compressor.compress(0)
    zeros = (unsafe Array(compressor.bytes), compressor.entries)
  }

  /// Memory for buffers, whatever the number of threads that are asked for.
  private static let mostMemory = 88 << 20

  /// One thread more than cores, so that one may wait for its turn or for the disk.
  private var threadCount: Int {
    let wanted = (options.threads ?? Workers.coreCount) + (options.threads == 1 ? 0 : 1)
    return max(1, min(wanted, Self.mostMemory / (2 * geometry.blockSize), geometry.groupCount))
  }

  /// Writes all groups, and gives the layout that came out.
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
    let last = layout.placeLastMark()
    try output.write(last.mark, at: last.offset)
    return layout
  }

  private func work() throws(SalvageError) {
    let compressor = GroupCompressor(geometry, level: options.level)
    let wholeLength = geometry.range(ofGroup: 0).length
    while let group = claims.next() {
      let range = geometry.range(ofGroup: group)
      if range.length == wholeLength, core.firstData(in: range) == nil {
        let frame = zeros.bytes
        try unsafe frame.span.withUnsafeBytes { bytes throws(SalvageError) in
          try unsafe write(bytes, zeros.entries, group)
        }
      } else {
        let room = unsafe compressor.room(for: range.length)
        let count = try unsafe core.read(at: range.lowerBound, into: room)
        guard count == room.count else {
          throw SalvageError.becameShorter(core.path, at: range.lowerBound + UInt64(count))
        }
        compressor.compress(group)
        try unsafe write(compressor.bytes, compressor.entries, group)
      }
      try progress.advance(to: range.upperBound)
    }
  }

  /// Writes the frame of a group.
  private func write(
    _ bytes: UnsafeRawBufferPointer, _ entries: [BlockEntry], _ group: Int
  ) throws(SalvageError) {
    let place = turnstile.pass(group) {
      layout.place(entries, size: bytes.count)
    }
    guard let place else { return }
    let start = place.offset + UInt64(place.mark.count)
    try turn.write(place.offset..<start + UInt64(bytes.count)) { () throws(SalvageError) in
      try output.write(place.mark, at: place.offset)
      unsafe try output.write(bytes, at: start)
    }
  }
}
