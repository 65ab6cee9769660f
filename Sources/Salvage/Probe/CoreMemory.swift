package import ELFCore

/// The process's memory by address, as far as its bytes are in the core. What is lost, what was never dumped and
/// what can't be read are alike: no bytes.
package struct CoreMemory: Sendable {
  /// The PT_LOADs by address. Hostile ones may overlap: then the one that begins last counts.
  package let segments: [ProgramHeader]
  private let damage: DamageMap
  private let source: any ByteSource

  package init(_ structure: CoreStructure, _ damage: DamageMap, _ source: any ByteSource) {
    self.damage = damage
    self.source = source
    let loads = structure.programHeaders.filter { $0.kind == .load && $0.memorySize > 0 }
    // The kernel writes them in order unless it was told to sort by size: looking is cheaper than sorting.
    let isSorted = zip(loads, loads.dropFirst()).allSatisfy { $0.address <= $1.address }
    segments = isSorted ? loads : loads.sorted { $0.address < $1.address }
  }

  /// The index in `segments` of the one that an address lies in.
  package func index(at address: UInt64) -> Int? {
    let after = segments.partitioningIndex { $0.address > address }
    guard after > 0, address - segments[after - 1].address < segments[after - 1].memorySize else {
      return nil
    }
    return after - 1
  }

  package func segment(at address: UInt64) -> ProgramHeader? {
    index(at: address).map { segments[$0] }
  }

  /// Where in the file the bytes from an address on lie, as far as they survive in a row and in one segment. Empty where none do.
  package func place(at address: UInt64) -> Range<UInt64> {
    guard let segment = segment(at: address), address - segment.address < segment.fileSize,
      let end = segment.fileEnd
    else { return 0..<0 }
    let start = segment.fileOffset + (address - segment.address)
    guard let first = damage.extents(in: start..<end).first, first.cause == nil,
      first.range.lowerBound == start
    else { return 0..<0 }
    return first.range
  }

  /// Up to `count` bytes from an address on: as many as survive in a row.
  package func bytes(at address: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let (position, overflow) = address.addingReportingOverflow(UInt64(bytes.count))
      let place = overflow ? 0..<0 : place(at: position)
      let wanted = Int(min(UInt64(count - bytes.count), place.length))
      guard wanted > 0, let part = try? source.bytes(at: place.lowerBound, count: wanted),
        !part.isEmpty
      else { break }
      bytes += part
    }
    return bytes
  }

  /// A C string at an address, or nil where it isn't there to its end or is longer than a path may be.
  package func cString(at address: UInt64, limit: Int = 4096) -> [UInt8]? {
    let bytes = bytes(at: address, count: limit)
    guard let end = bytes.firstIndex(of: 0) else { return nil }
    return Array(bytes[..<end])
  }
}
