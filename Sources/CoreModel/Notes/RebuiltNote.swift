internal import CoreIO
package import ELFCore

/// The descriptor of the REBUILT note: a list as in the LOST note, then each entry's path and a NUL.
package struct RebuiltNote: Hashable, Sendable {
  package var list: LostNote
  /// Of the file that vouches for each entry, raw; empty where it is made from more than one.
  package var paths: [[UInt8]]

  package init(_ structure: CoreStructure, _ segments: [RebuiltSegment]) {
    let loads = LoadSegments(segments.isEmpty ? [] : structure.programHeaders)
    list = LostNote(
      sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? 0,
      ranges: segments.map { segment in
        let after = loads.partitioningIndex { $0.address > segment.range.lowerBound }
        guard after > 0 else { return Self.range(segment, nil, nil) }
        return Self.range(
          segment, loads[after - 1], structure.table.number(at: loads.indexInTable(after - 1)))
      })
    paths = segments.map(\.path)
  }

  /// `header` is the last original one that begins at or below it.
  private static func range(
    _ segment: RebuiltSegment, _ header: ProgramHeader?, _ index: Int?
  ) -> LostRange {
    let address = segment.range.lowerBound
    let owner = header.flatMap { $0.memoryEnd > address ? $0 : nil }
    // What was never dumped has no place in the file.
    let dumped = owner.flatMap { address < $0.dumpedEnd ? $0 : nil }
    return LostRange(
      address: address, length: segment.range.length,
      fileOffset: dumped.map { $0.fileOffset &+ (address - $0.address) } ?? 0,
      headerIndex: owner == nil ? nil : index.map { UInt32($0) }, flags: segment.flags,
      cause: LostRange.Cause(rawValue: segment.source.rawValue), state: .rebuilt)
  }

  /// Its entries, each with its file.
  package var ranges: [RebuiltRange] {
    zip(list.ranges, paths).map { RebuiltRange($0, path: $1) }
  }

  package func descriptor(_ order: ELFFormat.ByteOrder) -> [UInt8] {
    var bytes = list.descriptor(order)
    for path in paths { bytes += path + [0] }
    return bytes
  }
}
