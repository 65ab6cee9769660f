internal import CoreIO
internal import ELFCore

/// NT_FILE as a witness of the program header table: the kernel gives each mapping an entry of its own, of its length.
struct MappingCover {
  /// The mappings by address, and apart; none where NT_FILE is no witness.
  private(set) var mappings: [Range<UInt64>] = []
  /// Those that no entry has.
  private(set) var uncovered: [Range<UInt64>] = []

  /// - Parameters:
  ///   - headers: the entries that are believed, whose memory rises.
  ///   - lost: how many others there are.
  init(_ files: MappedFiles?, _ headers: [ProgramHeader], lost: Int) {
    guard let files else { return }
    let all = files.entries.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    guard zip(all, all.dropFirst()).allSatisfy({ $0.upperBound <= $1.lowerBound }) else { return }
    var uncovered: [Range<UInt64>] = []
    var next = 0
    for mapping in all {
      while next < headers.count,
        headers[next].kind != .load || headers[next].address < mapping.lowerBound
      { next += 1 }
      let isCovered =
        next < headers.count && headers[next].address == mapping.lowerBound
        && headers[next].addressEnd == mapping.upperBound
      if !isCovered { uncovered.append(mapping) }
    }
    let covered = all.count - uncovered.count
    guard covered > 0, uncovered.count <= lost + max(1, covered / 8) else { return }
    self.uncovered = uncovered
    mappings = all
  }

  /// The mappings that touch a range of addresses.
  private func touching(_ range: Range<UInt64>) -> ArraySlice<Range<UInt64>> {
    let first = mappings.partitioningIndex { $0.upperBound > range.lowerBound }
    return mappings[first...].prefix { $0.lowerBound < range.upperBound }
  }

  /// Whether a segment may lie there: where it meets mappings, it is one.
  func allows(_ range: Range<UInt64>) -> Bool {
    let touched = touching(range).prefix(2)
    return touched.isEmpty || Array(touched) == [range]
  }

  /// Whether a segment there is a mapping.
  func has(_ range: Range<UInt64>) -> Bool { Array(touching(range).prefix(2)) == [range] }

  /// Whether a segment there meets no mapping.
  func isApart(_ range: Range<UInt64>) -> Bool { touching(range).isEmpty }

  /// The mappings inside a range of addresses that no entry has.
  func uncovered(in range: Range<UInt64>) -> ArraySlice<Range<UInt64>> {
    let first = uncovered.partitioningIndex { $0.lowerBound >= range.lowerBound }
    return uncovered[first...].prefix { $0.upperBound <= range.upperBound }
  }

  /// The same beside one more entry.
  func covering(_ range: Range<UInt64>) -> MappingCover {
    var cover = self
    cover.uncovered.removeAll { $0 == range }
    return cover
  }
}
