internal import CoreIO
internal import ELFCore

/// One lost entry of a program header table between others that are believed: what it must have been, where there is one way
/// alone.
///
/// Where its bytes begin and end in the file is told by those of its neighbours. That one field of it was damaged is believed
/// where all others fit, and where no other value of that field does; that more was, where NT_FILE has one mapping that no entry
/// has. An address that may be another is none.
struct LostEntry {
  /// What the table has there; nil for nothing that tells.
  let found: ProgramHeader?
  /// The end of the bytes before, in the file.
  let fileStart: UInt64
  /// Where its own may end.
  let fileEnds: [UInt64]
  /// Whether that is what a neighbour tells: the last one has none.
  let isEndKnown: Bool
  /// Between the memory of the neighbours.
  let addresses: Range<UInt64>
  /// `p_align` of nearly all.
  let alignment: UInt64
  let cover: MappingCover

  private static let pageSize: UInt64 = 4096

  func solution() -> ProgramHeader? {
    if let found {
      let ways = Set(fileSizes(found).flatMap { self.ways(found, fileSize: $0) })
      if ways.count == 1 { return ways.first }
      // Of several, the one that something confirms.
      let confirmed = ways.filter(isConfirmed)
      if confirmed.count == 1 { return confirmed.first }
      if ways.count > 1 { return nil }
    }
    return mapped()
  }

  /// Of what the mappings alone tell.
  private func mapped() -> ProgramHeader? {
    let missing = cover.uncovered(in: addresses)
    guard missing.count == 1, let mapping = missing.first, isEndKnown, let end = fileEnds.first,
      end >= fileStart
    else { return nil }
    return Self.entry(
      of: mapping, flags: found?.flags, fileStart..<end, alignment: alignment
    ).flatMap { fits($0) ? $0 : nil }
  }

  /// The entry of a mapping. What the process was allowed to do with it is not known as a rule.
  static func entry(
    of mapping: Range<UInt64>, flags: ProgramHeader.Flags? = nil, _ bytes: Range<UInt64>,
    alignment: UInt64
  ) -> ProgramHeader? {
    guard bytes.length <= mapping.length else { return nil }
    let known = flags.flatMap { $0.rawValue > 0 && $0.rawValue <= 7 ? $0 : nil }
    return ProgramHeader(
      kind: .load, flags: known ?? .read, fileOffset: bytes.lowerBound,
      address: mapping.lowerBound, fileSize: bytes.length, memorySize: mapping.length,
      alignment: alignment)
  }

  /// How long its bytes may be: the last entry's end in more than one place.
  private func fileSizes(_ found: ProgramHeader) -> Set<UInt64> {
    let sizes = Set(fileEnds.filter { $0 >= fileStart }.map { $0 - fileStart })
    return isEndKnown ? sizes : sizes.union([found.fileSize])
  }

  /// What it may have been if one field of it is wrong.
  private func ways(_ found: ProgramHeader, fileSize: UInt64) -> [ProgramHeader] {
    let header = regular(found, fileSize: fileSize)
    switch Self.changes(found, header) {
    case .none:
      return Self.neighbours(of: header.address).map { header.with(\.address, $0) }.filter(fits)
        + Self.neighbours(of: header.memorySize).map { header.with(\.memorySize, $0) }.filter {
          fits($0) && ($0.fileSize == $0.memorySize || cover.has($0.range))
        }
    case .one where fits(header): return [header]
    // A size of which more is wrong is still confirmed by the one in memory.
    case .size where fits(header) && header.fileSize == header.memorySize: return [header]
    default: return []
    }
  }

  /// With all that the other entries tell of it.
  private func regular(_ found: ProgramHeader, fileSize: UInt64) -> ProgramHeader {
    ProgramHeader(
      kind: .load, flags: .init(rawValue: found.flags.rawValue & 7), fileOffset: fileStart,
      address: found.address, fileSize: fileSize, memorySize: found.memorySize,
      alignment: alignment)
  }

  private enum Changes { case none, one, size, more }

  private static func changes(_ one: ProgramHeader, _ other: ProgramHeader) -> Changes {
    let differences = [
      UInt64(one.kind.rawValue ^ other.kind.rawValue),
      UInt64(one.flags.rawValue ^ other.flags.rawValue),
      one.fileOffset ^ other.fileOffset, one.physicalAddress ^ other.physicalAddress,
      one.fileSize ^ other.fileSize, one.alignment ^ other.alignment,
    ].filter { $0 != 0 }
    guard let first = differences.first else { return .none }
    guard differences.count == 1 else { return .more }
    if (0..<8).contains(where: { first & ~(0xff << (8 * UInt64($0))) == 0 }) { return .one }
    return one.fileSize != other.fileSize ? .size : .more
  }

  /// All that differ from a number in one byte.
  private static func neighbours(of number: UInt64) -> [UInt64] {
    (0..<8).flatMap { byte in
      (1...255).map { number ^ $0 << (8 * UInt64(byte)) }
    }
  }

  private func fits(_ header: ProgramHeader) -> Bool {
    let sizes = [0, header.memorySize, Self.pageSize, max(alignment, Self.pageSize)]
    guard header.memorySize > 0, (header.address | header.memorySize) % Self.pageSize == 0,
      header.fileSize <= header.memorySize, sizes.contains(header.fileSize),
      header.memorySize <= UInt64.max - header.address,
      header.address >= addresses.lowerBound, header.addressEnd <= addresses.upperBound,
      cover.allows(header.range)
    else { return false }
    return cover.uncovered(in: addresses).allSatisfy { $0 == header.range }
  }

  private func isConfirmed(_ header: ProgramHeader) -> Bool {
    let isBeside =
      header.address == addresses.lowerBound || header.addressEnd == addresses.upperBound
    return cover.has(header.range) || isBeside && header.fileSize == header.memorySize
  }
}

extension ProgramHeader {
  /// Its memory.
  var range: Range<UInt64> { address..<addressEnd }

  fileprivate func with(_ field: WritableKeyPath<Self, UInt64>, _ value: UInt64) -> Self {
    var header = self
    header[keyPath: field] = value
    return header
  }
}
