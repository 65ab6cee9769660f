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
}
