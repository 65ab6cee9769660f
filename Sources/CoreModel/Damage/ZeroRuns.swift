package import CoreIO
internal import ELFCore

/// Zeros and holes inside the memory of a core that the user takes for lost.
package enum ZeroRuns {
  /// File systems and transfers lose these, or multiples of them.
  private static let blockSize: UInt64 = 4096
  private static let chunkSize: UInt64 = 1 << 20

  /// The runs of zeroed blocks from a size on. All of the memory is read; holes cost nothing.
  package static func runs(
    of structure: CoreStructure, _ source: any ByteSource, from size: UInt64
  ) throws(SalvageError) -> [Range<UInt64>] {
    var runs: [Range<UInt64>] = []
    for range in memory(of: structure) {
      var start: UInt64?
      func end(at offset: UInt64) {
        if let first = start, offset - first >= size { runs.append(first..<offset) }
        start = nil
      }
      var offset = min(range.upperBound, roundUp(range.lowerBound, to: blockSize))
      while offset < range.upperBound {
        guard let data = source.firstData(in: offset..<range.upperBound) else {
          start = start ?? offset
          break
        }
        let next = max(offset, data.lowerBound & ~(blockSize - 1))
        if next > offset {
          start = start ?? offset
          offset = next
        }
        let bytes = try source.bytes(
          at: offset, count: Int(min(range.upperBound - offset, chunkSize)))
        guard !bytes.isEmpty else { break }
        for block in stride(from: 0, to: bytes.count, by: Int(blockSize)) {
          let isZero = bytes[block..<min(block + Int(blockSize), bytes.count)]
            .allSatisfy { $0 == 0 }
          let place = offset + UInt64(block)
          if isZero { start = start ?? place } else { end(at: place) }
        }
        offset += UInt64(bytes.count)
      }
      end(at: range.upperBound)
    }
    return runs
  }

  /// The holes of the file.
  package static func holes(of structure: CoreStructure, _ source: any ByteSource) -> [Range<
    UInt64
  >] {
    var holes: [Range<UInt64>] = []
    for range in memory(of: structure) {
      var offset = range.lowerBound
      while offset < range.upperBound {
        let data = source.firstData(in: offset..<range.upperBound)
        let start = data?.lowerBound ?? range.upperBound
        if start > offset { holes.append(offset..<start) }
        offset = data?.upperBound ?? range.upperBound
      }
    }
    return holes
  }

  /// Where the bytes of memory lie in the file, by offset and apart.
  private static func memory(of structure: CoreStructure) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    let loads = structure.programHeaders.filter { $0.kind == .load && $0.fileSize > 0 }
    for load in loads.sorted(by: { $0.fileOffset < $1.fileOffset }) {
      let end = min(load.fileEnd ?? .max, structure.sizeFound)
      let start = max(load.fileOffset, result.last?.upperBound ?? 0)
      if start < end { result.append(start..<end) }
    }
    return result
  }
}
