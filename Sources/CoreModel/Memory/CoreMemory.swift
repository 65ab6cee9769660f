package import CoreIO
package import ELFCore

/// The memory of the process by address, as far as the core has it. A look-up takes time that grows with the logarithm
/// of the count of segments.
package struct CoreMemory: Sendable {
  /// What became of a stretch of memory.
  package enum Fate: Hashable, Sendable {
    case survived
    /// It was in the dump, and is lost.
    case lost
    /// The process had it, and it was not dumped.
    case undumped
    /// The dump knows of no such memory.
    case unmapped
  }

  /// PT_LOADs by address. Hostile ones may overlap; then those that begin later come first.
  package let segments: LoadSegments
  private let damage: DamageMap
  let source: any ByteSource
  package let format: ELFFormat

  package init(_ structure: CoreStructure, _ damage: DamageMap, _ source: any ByteSource) {
    segments = LoadSegments(structure.survivingHeaders(damage))
    self.damage = damage
    self.source = source
    format = structure.format
  }

  /// The segment that holds an address.
  package func segment(at address: UInt64) -> ProgramHeader? {
    index(at: address).map { segments[$0] }
  }

  /// The index in `segments` of the one that holds an address.
  package func index(at address: UInt64) -> Int? { segments.index(at: address) }

  /// Where what lies near in a range ends: what is small, a page or the notes of an image, has a few segments. Of a hostile
  /// core each byte may be one, and a million names may lead there.
  package func nearEnd(of range: Range<UInt64>) -> UInt64 {
    let beyond = segments.partitioningIndex { $0.address > range.lowerBound } + Self.mostNear
    return beyond < segments.count
      ? min(range.upperBound, segments[beyond].address) : range.upperBound
  }

  private static let mostNear = 16

  /// The index of the segment that begins at an address, where it is none before `first`.
  package func index(beginningAt address: UInt64, from first: Int) -> Int? {
    guard first < segments.count, segments[first].address <= address else { return nil }
    if segments[first].address == address { return first }
    let index = segments.partitioningIndex { $0.address >= address }
    return index < segments.count && segments[index].address == address ? index : nil
  }

  /// What became of the parts of a range, in order.
  package func fates(of range: Range<UInt64>) -> [(range: Range<UInt64>, fate: Fate)] {
    var result: [(range: Range<UInt64>, fate: Fate)] = []
    visit(range) { part, fate in
      if let last = result.last, last.fate == fate, last.range.upperBound == part.lowerBound {
        result[result.count - 1].range = last.range.lowerBound..<part.upperBound
      } else {
        result.append((part, fate))
      }
      return true
    }
    return result
  }

  /// Whether any part of a range has a fate.
  package func has(_ wanted: Fate, in range: Range<UInt64>) -> Bool {
    var isFound = false
    visit(range) { _, fate in
      isFound = fate == wanted
      return !isFound
    }
    return isFound
  }

  /// Where the first byte of a range is that did not survive.
  package func survivedEnd(of range: Range<UInt64>) -> UInt64 {
    var end = range.lowerBound
    visit(range) { part, fate in
      guard fate == .survived else { return false }
      end = part.upperBound
      return true
    }
    return end
  }

  /// The end of the bytes that survive in a row from an address on in the segment at `index`; the address itself where none do.
  package func survivingEnd(from address: UInt64, in index: Int) -> UInt64 {
    let segment = segments[index]
    let end = segment.dumpedEnd
    guard segment.address <= address, address < end else { return address }
    let start = segment.fileOffset.addingReportingOverflow(address - segment.address)
    // Hostile segments lie over each other, and reach beyond what an offset can name.
    guard index + 1 == segments.count || segments[index + 1].address >= end,
      !start.overflow, start.partialValue <= UInt64.max - (end - address)
    else { return survivedEnd(of: address..<end) }
    return address
      + min(damage.survivingEnd(from: start.partialValue) - start.partialValue, end - address)
  }

  /// The first `most` parts of a range that have one of these fates.
  package func parts(
    of range: Range<UInt64>, _ fates: Set<Fate>, most: Int
  ) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    visit(range) { part, fate in
      guard fates.contains(fate) else { return true }
      if let last = result.last, last.upperBound == part.lowerBound {
        result[result.count - 1] = last.lowerBound..<part.upperBound
        return true
      }
      guard result.count < most else { return false }
      result.append(part)
      return true
    }
    return result
  }

  /// Hands over the parts of a range, in order, as long as `body` wants more. Every step takes one segment or one extent of
  /// damage: of hostile segments, which lie over each other in the file, there are too many for a list.
  private func visit(_ range: Range<UInt64>, _ body: (Range<UInt64>, Fate) -> Bool) {
    func visit(_ part: Range<UInt64>, _ fate: Fate) -> Bool { part.isEmpty || body(part, fate) }
    var position = range.lowerBound
    while position < range.upperBound {
      let after = segments.partitioningIndex { $0.address > position }
      let next = after < segments.count ? segments[after].address : UInt64.max
      let limit = min(range.upperBound, next)
      guard after > 0, segments[after - 1].memoryEnd > position else {
        guard visit(position..<limit, .unmapped) else { return }
        position = limit
        continue
      }
      let segment = segments[after - 1]
      let end = min(limit, segment.memoryEnd)
      let dumped = position..<max(position, min(end, segment.dumpedEnd))
      guard visitExtents(of: segment, dumped, visit), visit(dumped.upperBound..<end, .undumped)
      else { return }
      position = end
    }
  }

  /// The parts of a dumped range of a segment; false where no more are wanted.
  private func visitExtents(
    of segment: ProgramHeader, _ range: Range<UInt64>, _ body: (Range<UInt64>, Fate) -> Bool
  ) -> Bool {
    guard !range.isEmpty else { return true }
    let start = segment.fileOffset.addingReportingOverflow(range.lowerBound - segment.address)
    let end = start.partialValue.addingReportingOverflow(range.length)
    guard !start.overflow, !end.overflow else { return body(range, .lost) }
    let bytes = start.partialValue..<end.partialValue
    var known = range.lowerBound
    for index in damage.indices(in: bytes) {
      let extent = damage.extents[index]
      let next = known + extent.range.clamped(to: bytes).length
      guard body(known..<next, extent.cause == nil ? .survived : .lost) else { return false }
      known = next
    }
    // Past the end of the map nothing is there.
    return body(known..<range.upperBound, .lost)
  }
}
