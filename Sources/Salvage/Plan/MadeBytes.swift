internal import CoreIO
package import CoreModel
package import ELFCore

/// Bytes of an output that are kept as what they are made of until they are written.
package enum MadeBytes: Hashable, Sendable {
  case table(SegmentTable)
  /// The descriptor of the LOST note.
  case lost(LostNote, ELFFormat.ByteOrder)

  /// In bytes.
  package var size: Int {
    switch self {
    case .table(let table): table.size
    case .lost(let note, _): note.descriptorSize
    }
  }

  /// Some of them.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    switch self {
    case .table(let table): table.bytes(in: range)
    case .lost(let note, let order): note.descriptor(in: range, order)
    }
  }

  /// All of them.
  package var bytes: [UInt8] { bytes(in: 0..<size) }

  /// So many are made and written at once. No longer ones are worth keeping apart.
  static let partSize = 1 << 16

  /// Hands over some of them, or all, in parts.
  func forEachPart<Failure: Error>(
    in range: Range<Int>? = nil, _ body: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let range = range ?? 0..<size
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.partSize) {
      try body(bytes(in: start..<min(start + Self.partSize, range.upperBound)))
    }
  }
}
