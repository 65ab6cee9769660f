package import ELFCore

/// The rebuilt segments in the tail, and their program headers.
package struct RebuiltPieces {
  /// By address.
  package private(set) var headers: [ProgramHeader] = []

  package init(_ segments: [RebuiltSegment], to tail: inout PieceRun) {
    for segment in segments {
      // p_offset and p_vaddr are the same modulo p_align, as elf(5) wants it.
      let offset =
        roundUp(tail.end, to: Plan.pageSize) + segment.range.lowerBound % Plan.pageSize
      let start = offset - tail.end >= Plan.pageSize ? offset - Plan.pageSize : offset
      tail.appendHole(to: start)
      switch segment.content {
      case .bytes(let bytes): tail.append(bytes)
      case .file(let file, let fileOffset):
        tail.append(file, fileOffset..<fileOffset + segment.range.length)
      }
      headers.append(
        ProgramHeader(
          kind: .load, flags: segment.flags, fileOffset: start, address: segment.range.lowerBound,
          fileSize: segment.range.length, memorySize: segment.range.length,
          alignment: Plan.pageSize))
    }
    tail.appendHole(to: roundUp(tail.end, to: 8))
  }
}
