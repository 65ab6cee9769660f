internal import CoreIO
package import ELFCore

/// The program header table of an output, as the entries that it has: its bytes are made when they are written, for those of a
/// million segments would be there twice.
package struct SegmentTable: Hashable, Sendable {
  /// The one for the notes.
  package let first: ProgramHeader
  /// All others.
  package let others: [ProgramHeader]
  package let format: ELFFormat

  package init(_ first: ProgramHeader, _ others: [ProgramHeader], in format: ELFFormat) {
    self.first = first
    self.others = others
    self.format = format
  }

  /// In bytes.
  package var size: Int { (1 + others.count) * format.programHeaderSize }

  /// Some of its bytes.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    let entrySize = format.programHeaderSize
    let entries = range.lowerBound / entrySize..<(range.upperBound - 1) / entrySize + 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.count * entrySize)
    for index in entries {
      (index == 0 ? first : others[index - 1]).append(to: &bytes, in: format)
    }
    let start = range.lowerBound - entries.lowerBound * entrySize
    return start == 0 && bytes.count == range.count
      ? bytes : Array(bytes[start..<start + range.count])
  }
}
