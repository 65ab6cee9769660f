internal import ELFCore
internal import SystemPackage

/// The runs of a HEAD note: bytes of the input that a repair changed, and where they belong.
struct HeadRuns: Sendable {
  struct Run: Sendable {
    /// Where the bytes belong.
    var offset: UInt64
    /// Where in the repaired core they are kept.
    var bytes: Range<UInt64>

    var range: Range<UInt64> { offset..<offset + bytes.length }
  }

  /// In rising order, apart from each other.
  private(set) var runs: [Run] = []

  /// The header and the table are two runs or three.
  static let mostRuns = 1024

  /// - Parameter limit: the size of the input; nothing of it lies past that.
  init(
    _ source: any ByteSource, _ descriptor: Range<UInt64>, _ format: ELFFormat, limit: UInt64
  ) throws(SalvageError) {
    var position = descriptor.lowerBound
    while position < descriptor.upperBound {
      let head = try source.bytes(at: position, count: 16)
      guard let offset = head.span.integer(at: 0, size: 8, format.byteOrder),
        let length = head.span.integer(at: 8, size: 8, format.byteOrder),
        position + 16 <= descriptor.upperBound, length <= descriptor.upperBound - position - 16,
        offset >= runs.last?.range.upperBound ?? 0, offset <= limit, length <= limit - offset,
        runs.count < Self.mostRuns
      else {
        throw SalvageError(
          .notInPlace(reason: "its HEAD note is damaged"), file: source.path, offset: position)
      }
      runs.append(Run(offset: offset, bytes: position + 16..<position + 16 + length))
      position += 16 + roundUp(length, to: 4)
    }
  }
}

/// A repaired core as its input was: so long, with the bytes of the runs where they belong.
struct RestoredSource: ByteSource {
  let base: any ByteSource
  let runs: HeadRuns
  let size: UInt64

  var path: FilePath { base.path }

  func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let count = Int(min(UInt64(buffer.count), size - offset))
    let done = try unsafe base.read(
      at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    let range = offset..<offset + UInt64(done)
    for run in runs.runs where run.range.overlaps(range) {
      let part = run.range.clamped(to: range)
      let bytes = try base.bytes(
        at: run.bytes.lowerBound + (part.lowerBound - run.offset), count: Int(part.length))
      let start = Int(part.lowerBound - offset)
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Int(part.length)])
        .copyBytes(from: bytes)
    }
    return done
  }
}
