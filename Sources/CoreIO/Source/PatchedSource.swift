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
    let end = offset + min(UInt64(buffer.count), size - offset)
    var position = offset
    var next = runs.partitioningIndex { $0.range.upperBound > offset }
    while position < end {
      while next < runs.count, runs[next].range.upperBound <= position { next += 1 }
      let run = next < runs.count ? runs[next] : nil
      // What a run hides of the base is not read: it may be what can't be.
      let (place, limit) =
        if let run, run.offset <= position {
          (run.bytes.lowerBound + (position - run.offset), run.range.upperBound)
        } else {
          (position, run?.offset ?? end)
        }
      let start = Int(position - offset)
      let wanted = Int(min(limit, end) - position)
      let done = try unsafe base.read(
        at: place,
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + wanted]))
      position += UInt64(done)
      guard done == wanted else { break }
    }
    return Int(position - offset)
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    let index = runs.partitioningIndex { $0.range.upperBound > range.lowerBound }
    let first = base.firstData(in: range)
    // A patch may fill a hole.
    guard let patch = runs[index...].first(where: { !$0.bytes.isEmpty })?.range,
      patch.overlaps(range), case let part = patch.clamped(to: range),
      part.lowerBound < first?.lowerBound ?? .max
    else { return first }
    return part
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
