internal import ELFCore

extension Segments {
  /// Takes what is rebuilt out of the entries that name it without contents: no address may have two meanings.
  package mutating func makeRoom(for rebuild: Rebuild) {
    if let vdso = rebuild.keptVDSO { keep(vdso) }
    let rebuilt = rebuild.segments.map(\.range)
    guard let first = rebuilt.first, let last = rebuilt.last else { return }
    let all = first.lowerBound..<last.upperBound
    guard entries.contains(where: { $0.touches(all) }) else { return }
    var result: [ProgramHeader] = []
    result.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      let parts = entry.parts(beside: rebuilt)
      // The table begins with the PT_NOTE.
      if parts != [entry] { firstChange = min(firstChange ?? .max, index + 1) }
      result += parts
    }
    entries = result
  }

  /// Keeps the header of a lost segment, without contents.
  private mutating func keep(_ vdso: ProgramHeader) {
    for index in lost.indices
    where lost[index].state == LostRange.State.dropped.rawValue
      && lost[index].headerIndex != LostRange.headerTable
      && lost[index].address >= vdso.address && lost[index].address < vdso.dumpedEnd
    {
      lost[index].state = LostRange.State.zeroMarked.rawValue
      var entry = vdso
      entry.address = lost[index].address
      entry.fileOffset = lost[index].fileOffset
      entry.fileSize = 0
      entry.memorySize = lost[index].length
      entries.append(entry)
    }
  }
}

extension ProgramHeader {
  fileprivate func touches(_ range: Range<UInt64>) -> Bool {
    kind == .load && address < range.upperBound && memoryEnd > range.lowerBound
  }

  /// What is left of it beside ranges, which are in order and apart.
  fileprivate func parts(beside ranges: [Range<UInt64>]) -> [ProgramHeader] {
    let next = ranges.partitioningIndex { $0.upperBound > address }
    guard kind == .load, next < ranges.count, touches(ranges[next]) else { return [self] }
    var parts: [ProgramHeader] = []
    var position = address
    for range in ranges[next...].prefix(while: { $0.lowerBound < memoryEnd }) {
      if range.lowerBound > position { parts.append(part(position..<range.lowerBound)) }
      position = max(position, range.upperBound)
    }
    if position < memoryEnd { parts.append(part(position..<memoryEnd)) }
    return parts
  }

  private func part(_ range: Range<UInt64>) -> ProgramHeader {
    var part = self
    let skipped = range.lowerBound - address
    part.address = range.lowerBound
    part.memorySize = range.length
    part.fileSize = min(fileSize > skipped ? fileSize - skipped : 0, range.length)
    part.fileOffset = fileOffset &+ min(skipped, fileSize)
    if physicalAddress != 0 { part.physicalAddress = physicalAddress &+ skipped }
    return part
  }
}
