package import CoreIO
package import SystemPackage

/// A source whose unreadable parts are an error, but for those that are known.
package struct StrictSource: ByteSource {
  private let base: any ByteSource
  private let known: DamageMap

  package init(_ base: any ByteSource, known: DamageMap) {
    self.base = base
    self.known = known
  }

  package var path: FilePath { base.path }
  package var size: UInt64 { base.size }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    let count = try unsafe base.read(at: offset, into: buffer)
    let range = offset..<offset + UInt64(count)
    let bad = base.unreadable.first { $0.overlaps(range) && known.survives($0) }
    guard let bad else { return count }
    throw SalvageError(
      .unreadableForPipe(length: bad.length), file: path, offset: bad.lowerBound)
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? { base.firstData(in: range) }
  package var unreadable: [Range<UInt64>] { base.unreadable }
  package func confirmSize() throws(SalvageError) { try base.confirmSize() }
}
