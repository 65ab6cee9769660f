internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Where the memory goes that is to be saved: what the kernel dumps to the kernel's offsets, and what it leaves to the files,
/// where that is wanted, behind them.
struct SavedLayout {
  private(set) var segments: [ProgramHeader] = []
  /// The numbers of the segments in the kernel's table; nil for what it leaves out.
  private(set) var numbers: [UInt32?] = []

  init(_ structure: CoreStructure, _ saveWhole: (ProgramHeader) -> Bool) {
    var end = structure.programHeaders.map { $0.fileEnd ?? 0 }.max() ?? 0
    if structure.countsInSection { end = max(end, structure.sectionRange?.upperBound ?? 0) }
    end = roundUp(min(end, UInt64(Int64.max)), to: 4096)
    for (index, segment) in structure.programHeaders.enumerated() {
      let number = UInt32(clamping: structure.table.number(at: index))
      let dumpedEnd = segment.address +| segment.fileSize
      let rest = dumpedEnd..<max(dumpedEnd, segment.memoryEnd)
      guard segment.kind == .load, !rest.isEmpty, saveWhole(segment),
        rest.length <= UInt64(Int64.max) - end
      else {
        append(segment, number)
        continue
      }
      if segment.fileSize > 0 {
        var first = segment
        first.memorySize = segment.fileSize
        append(first, number)
      }
      var second = segment
      second.address = rest.lowerBound
      second.fileOffset = end
      second.fileSize = rest.length
      second.memorySize = rest.length
      append(second, nil)
      end = roundUp(end + rest.length, to: 4096)
    }
  }

  private mutating func append(_ segment: ProgramHeader, _ number: UInt32?) {
    segments.append(segment)
    numbers.append(number)
  }
}
