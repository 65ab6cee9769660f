internal import CoreIO

/// All sound frames of ours in a file that may hold parts of several archives.
package struct FrameCatalog {
  /// Where a mark is, and what it joins.
  package struct Mark {
    /// The archive's index in `geometries`.
    package var archive: Int32
    package var number: Int32
    package var length: UInt32
    package var offset: UInt64
    /// Its chain, and that of the mark which follows it.
    package var chain: UInt64
    package var next: UInt64

    package var range: Range<UInt64> { offset..<offset + UInt64(length) }

    /// Whether it tells the same.
    package func isSame(as other: Mark) -> Bool {
      number == other.number && chain == other.chain && next == other.next
    }
  }

  /// The archives that there are parts of, in the order of their first ones.
  private(set) var geometries: [ArchiveGeometry] = []
  package private(set) var marks: [Mark] = []
  /// Where frames with copies begin.
  package private(set) var copies: [UInt64] = []
  /// Where a sound manifest at the beginning of the file ends.
  private(set) var firstManifestEnd: UInt64?
  private var tables: [(archive: Int, range: Range<UInt64>)] = []
  private var numbers: [ArchiveGeometry: Int] = [:]
  private var markCounts: [Int] = []

  /// Searches all of the file.
  init(_ file: any ByteSource) throws(SalvageError) {
    var search = FrameSearch(file)
    try search.forEach { frame throws(SalvageError) in
      switch frame.kind {
      case .manifest:
        if frame.range.lowerBound == 0 { firstManifestEnd = frame.range.upperBound }
        if let geometry = ArchiveGeometry(manifest: frame) { _ = number(of: geometry) }
      case .mark: if let mark = GroupMark(frame) { add(mark, frame.range) }
      case .copy: copies.append(frame.range.lowerBound)
      case .seekTable:
        guard let table = SeekTable(frame) else { return }
        tables.append((number(of: table.geometry), frame.range))
      }
    }
  }

  private mutating func number(of geometry: ArchiveGeometry) -> Int {
    if let number = numbers[geometry] { return number }
    numbers[geometry] = geometries.count
    geometries.append(geometry)
    markCounts.append(0)
    return geometries.count - 1
  }

  private mutating func add(_ mark: GroupMark, _ range: Range<UInt64>) {
    let archive = number(of: mark.geometry)
    markCounts[archive] += 1
    marks.append(
      Mark(
        archive: Int32(archive), number: Int32(mark.group), length: UInt32(range.length),
        offset: range.lowerBound, chain: mark.chain, next: mark.nextChain))
  }

  /// Which archive the file is: the first one of which there is at least half as much as of any other.
  package var chosen: Int? {
    guard let most = markCounts.max(), most > 0 else {
      return tables.first?.archive ?? geometries.indices.first
    }
    return markCounts.firstIndex { $0 * 2 >= most }
  }

  /// Where an archive's seek tables are.
  func tables(of archive: Int) -> [Range<UInt64>] {
    tables.filter { $0.archive == archive }.map(\.range)
  }
}
