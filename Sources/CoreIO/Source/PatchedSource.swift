package import SystemPackage

/// A core as it was, or will be: so long, with some of its bytes put where they belong.
package struct PatchedSource: ByteSource {
  package struct Run: Hashable, Sendable {
    /// Where the bytes belong.
    package var offset: UInt64
    /// Where in the file they are kept.
    package var bytes: Range<UInt64>

    package var range: Range<UInt64> { offset..<offset + bytes.length }

    package init(offset: UInt64, bytes: Range<UInt64>) {
      self.offset = offset
      self.bytes = bytes
    }
  }

  package let base: any ByteSource
  /// In rising order, apart from each other.
  package let runs: [Run]
  package let size: UInt64

  package init(base: any ByteSource, runs: [Run], size: UInt64) {
    self.base = base
    self.runs = runs
    self.size = size
  }

  package var path: FilePath { base.path }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let count = Int(min(UInt64(buffer.count), size - offset))
    let done = try unsafe base.read(
      at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    let range = offset..<offset + UInt64(done)
    for run in runs where run.range.overlaps(range) {
      let part = run.range.clamped(to: range)
      let bytes = try base.bytes(
        at: run.bytes.lowerBound + (part.lowerBound - run.offset), count: Int(part.length))
      let start = Int(part.lowerBound - offset)
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Int(part.length)])
        .copyBytes(from: bytes)
    }
    return done
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    let patches = runs.map(\.range).filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
    let first = base.firstData(in: range)
    // A patch may fill a hole.
    guard let patch = patches.first, patch.lowerBound < first?.lowerBound ?? .max else {
      return first
    }
    return patch
  }

  package func confirmSize() throws(SalvageError) { try base.confirmSize() }

  package var unreadable: [Range<UInt64>] {
    let bad = base.unreadable
    var found: [Range<UInt64>] = []
    var position: UInt64 = 0
    for run in runs where !bad.isEmpty {
      found += bad.parts(of: position..<run.offset, standingAt: position)
      found += bad.parts(of: run.bytes, standingAt: run.offset)
      position = run.range.upperBound
    }
    return found + bad.parts(of: position..<max(position, size), standingAt: position)
  }
}
