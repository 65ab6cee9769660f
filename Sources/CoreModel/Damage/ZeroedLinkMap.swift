internal import CoreIO
internal import ELFCore

/// What reads as zeros of the dynamic linker's list of loaded objects, and of the way to it. The program's dynamic section never
/// begins with zeros. In a process that runs its program `r_debug` and the nodes of the list don't either: the linker writes all
/// of it before the program begins, and DT_DEBUG last.
struct ZeroedLinkMap {
  /// What it is, for a sentence.
  let thing: String
  /// The structure, and all the zeros around it that a device may have lost with it.
  let range: Range<UInt64>

  /// File systems and devices lose these, or multiples.
  private static let sector: UInt64 = 512
  /// So far the zeros around it are followed.
  private static let reach: UInt64 = 1 << 20
  /// Lists are followed no further: a hostile one's end is far.
  private static let mostNodes = 4096

  /// nil where nothing of it is zeros, or that may be so.
  init?(_ process: ProcessSnapshot, _ memory: CoreMemory) {
    guard let table = process.auxiliaryVector?[.programHeaders],
      let base = memory.segment(at: table)?.address,
      let headers = Candidate([], at: base, in: memory).inCore,
      let dynamic = headers.dynamicRange(bias: base &- headers.firstAddress)
    else { return nil }
    let entry = dynamic.lowerBound..<dynamic.lowerBound +| UInt64(2 * memory.format.wordSize)
    guard !Self.isZero(entry.lowerBound, entry.length, memory) else {
      thing = "The program's dynamic section"
      range = Self.surroundings(of: entry, memory)
      return
    }
    guard let debug = try? memory.dynamicSection(in: dynamic).section.first(.debug)?.value,
      debug != 0, Self.runsProgram(process),
      let zeros = Self.firstZeros(from: debug, memory)
    else { return nil }
    thing = "The dynamic linker's list of loaded objects"
    range = Self.surroundings(of: zeros, memory)
  }

  /// Whether the dynamic linker has done its work: there are threads, or the one there is is elsewhere.
  private static func runsProgram(_ process: ProcessSnapshot) -> Bool {
    guard process.threads.count == 1 else { return process.threads.count > 1 }
    let files = process.mappedFiles?.entries ?? []
    guard let counter = process.threads[0].programCounter,
      let linker = process.auxiliaryVector?[.base],
      let path = files.first(where: { $0.range.contains(linker) })?.path
    else { return false }
    return !files.contains { $0.range.contains(counter) && $0.path == path }
  }

  /// The first structure of the list that is there, and all zeros.
  private static func firstZeros(
    from rendezvous: UInt64, _ memory: CoreMemory
  ) -> Range<UInt64>? {
    let size = DebugRendezvous.size(in: memory.format)
    let namespaces = (try? Rendezvous.namespaces(from: rendezvous, memory)) ?? [rendezvous]
    for place in namespaces {
      if isZero(place, size, memory) { return place..<place + size }
      guard case .value(let node)? = try? Rendezvous.firstNode(place, memory) else { continue }
      if let zeros = firstZeroNode(from: node, memory) { return zeros }
    }
    return nil
  }

  private static func firstZeroNode(from first: UInt64, _ memory: CoreMemory) -> Range<UInt64>? {
    var node = first
    for _ in 0..<mostNodes where node != 0 {
      guard let words = try? memory.words(at: node, count: LinkMap.wordCount) else { return nil }
      // `words` reaches no further than memory does.
      if words.allSatisfy({ $0 == .value(0) }) {
        return node..<node + LinkMap.size(in: memory.format)
      }
      guard let next = words[3].value else { return nil }
      node = next
    }
    return nil
  }

  private static func isZero(_ address: UInt64, _ size: UInt64, _ memory: CoreMemory) -> Bool {
    guard address <= UInt64.max - size else { return false }
    let bytes = memory.readable(at: address, count: Int(size))
    return bytes.count == Int(size) && bytes.areZeros
  }

  /// With it, the whole sectors of zeros before and behind it in its segment.
  private static func surroundings(
    of zeros: Range<UInt64>, _ memory: CoreMemory
  ) -> Range<UInt64> {
    let first = zeros.lowerBound & ~(sector - 1)
    guard let segment = memory.segment(at: zeros.lowerBound), first >= segment.address,
      isZero(first, sector, memory)
    else { return zeros }
    var (start, end) = (first, first + sector)
    while start >= segment.address +| sector, first - start < reach,
      isZero(start - sector, sector, memory)
    {
      start -= sector
    }
    while end < segment.dumpedEnd, end - first < reach, isZero(end, sector, memory) {
      end += sector
    }
    return start..<max(end, zeros.upperBound)
  }
}
