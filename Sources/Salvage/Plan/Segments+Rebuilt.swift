internal import CoreIO
package import CoreModel
internal import ELFCore

extension Segments {
  /// Adds entries for what is rebuilt, whose place in the file is not known yet, and takes it out of those that name it
  /// without contents: no address may have two meanings.
  package mutating func add(_ rebuild: Rebuild) {
    if let vdso = rebuild.keptVDSO { keep(vdso) }
    guard !rebuild.segments.isEmpty else { return }
    makeRoom(for: rebuild.segments.map(\.range))
    let added = rebuild.segments.map { segment in
      ProgramHeader(
        kind: .load, flags: segment.flags, fileOffset: 0, address: segment.range.lowerBound,
        fileSize: segment.range.length, memorySize: segment.range.length,
        alignment: segment.alignment)
    }
    // eu-stack overlooks modules where the table is out of order.
    guard entries.isSortedByAddress else {
      rebuilt = Array(entries.count..<entries.count + added.count)
      entries += added
      return
    }
    insert(added)
  }

  /// Puts the bytes of what is rebuilt into the file.
  package mutating func place(_ rebuiltSegments: [RebuiltSegment], in tail: inout PieceRun) {
    for (index, segment) in zip(rebuilt, rebuiltSegments) {
      // p_offset and p_vaddr are the same modulo p_align, as elf(5) wants it.
      let page = Plan.pageSize
      let offset = roundUp(tail.end, to: page) + segment.range.lowerBound % page
      tail.appendHole(to: offset - tail.end >= page ? offset - page : offset)
      entries[index].fileOffset = tail.end
      switch segment.content {
      case .bytes(let bytes): tail.append(bytes)
      case .file(let file, let fileOffset):
        tail.append(file, fileOffset..<fileOffset + segment.range.length)
      }
      follow(index, at: tail.end)
    }
    tail.appendHole(to: roundUp(tail.end, to: 8))
  }

  /// Where what comes next in memory has no bytes in the file, its place there is ours to choose: eu-stack takes a next
  /// segment that lies before this one for the end of all there is to read.
  private mutating func follow(_ index: Int, at offset: UInt64) {
    let next = index + 1
    guard next < entries.count, entries[next].kind == .load, entries[next].fileSize == 0,
      entries[next].address == entries[index].dumpedEnd
    else { return }
    entries[next].fileOffset = offset
  }

  /// Both are by address.
  private mutating func insert(_ added: [ProgramHeader]) {
    var result: [ProgramHeader] = []
    result.reserveCapacity(entries.count + added.count)
    var next = 0
    for entry in entries {
      while next < added.count, added[next].address < entry.address {
        rebuilt.append(result.count)
        result.append(added[next])
        next += 1
      }
      result.append(entry)
    }
    rebuilt += result.count..<result.count + added.count - next
    result += added[next...]
    if let first = rebuilt.first { noteChange(at: first) }
    entries = result
  }

  /// The table begins with the PT_NOTE.
  private mutating func noteChange(at index: Int) {
    firstChange = min(firstChange ?? .max, index + 1)
  }

  private mutating func makeRoom(for rebuilt: [Range<UInt64>]) {
    guard let first = rebuilt.first, let last = rebuilt.last else { return }
    let all = first.lowerBound..<last.upperBound
    guard entries.contains(where: { $0.touches(all) }) else { return }
    var result: [ProgramHeader] = []
    result.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      let parts = entry.parts(beside: rebuilt)
      if parts != [entry] { noteChange(at: index) }
      result += parts
    }
    entries = result
  }

  /// Keeps the header of a lost segment, without contents.
  private mutating func keep(_ vdso: ProgramHeader) {
    for index in lost.indices
    where lost[index].state == .dropped
      && lost[index].headerIndex != nil
      && lost[index].address >= vdso.address && lost[index].address < vdso.dumpedEnd
    {
      lost[index].state = .zeroMarked
      var entry = vdso
      entry.address = lost[index].address
      entry.fileOffset = lost[index].fileOffset
      entry.fileSize = 0
      entry.memorySize = lost[index].length
      let place =
        entries.isSortedByAddress
        ? entries.partitioningIndex { $0.address > entry.address } : entries.count
      entries.insert(entry, at: place)
      noteChange(at: place)
    }
  }
}

extension RebuiltSegment {
  /// elfutils takes the smallest for the unit in which it rounds all segments, and else would read what stands beside a
  /// frame in the file for what was beside it on the stack.
  fileprivate var alignment: UInt64 { source == .pythonFrame ? 8 : Plan.pageSize }
}

extension [ProgramHeader] {
  fileprivate var isSortedByAddress: Bool {
    indices.dropFirst().allSatisfy { self[$0 - 1].address <= self[$0].address }
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

  /// The entry for a part of its memory.
  func part(_ range: Range<UInt64>) -> ProgramHeader {
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
