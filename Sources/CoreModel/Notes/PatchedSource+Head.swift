package import CoreIO
package import ELFCore

extension PatchedSource {
  /// The header and the table are two runs or three.
  private static let mostRuns = 1024

  /// The runs in the descriptor of a HEAD note; nil where it is damaged.
  ///
  /// - Parameter limit: the size of the input; nothing of it lies past that.
  package static func runs(
    in descriptor: Range<UInt64>, of source: any ByteSource, _ format: ELFFormat, limit: UInt64
  ) throws(SalvageError) -> [Run]? {
    var runs: [Run] = []
    var position = descriptor.lowerBound
    while position < descriptor.upperBound {
      let head = try source.bytes(at: position, count: 16)
      guard let offset = head.span.integer(at: 0, size: 8, format.byteOrder),
        let length = head.span.integer(at: 8, size: 8, format.byteOrder),
        descriptor.upperBound - position >= 16, length <= descriptor.upperBound - position - 16,
        offset >= runs.last?.range.upperBound ?? 0, offset <= limit, length <= limit - offset,
        runs.count < mostRuns
      else { return nil }
      runs.append(Run(offset: offset, bytes: position + 16..<position + 16 + length))
      position += 16 + roundUp(length, to: 4)
    }
    return runs
  }

  /// Runs in rising order, and of others what they don't hide.
  package static func laid(_ top: [Run], over others: [Run]) -> [Run] {
    var result = top
    for run in others {
      var position = run.offset
      func append(to end: UInt64) {
        guard position < end else { return }
        let first = run.bytes.lowerBound + (position - run.offset)
        result.append(Run(offset: position, bytes: first..<first + (end - position)))
      }
      let next = top.partitioningIndex { $0.range.upperBound > run.offset }
      for hiding in top[next...].prefix(while: { $0.offset < run.range.upperBound }) {
        append(to: hiding.offset)
        position = max(position, hiding.range.upperBound)
      }
      append(to: run.range.upperBound)
    }
    return result.sorted { $0.offset < $1.offset }
  }
}
