/// Something that is not as it was written.
public struct ArchiveFault: Hashable, Sendable {
  /// What is wrong, in words that are safe to print.
  public let what: String
  /// Where in the archive, in bytes.
  public let range: Range<UInt64>
  /// The core's bytes that are lost with it; empty where none are.
  public let coreRange: Range<UInt64>

  package init(what: String, range: Range<UInt64>, coreRange: Range<UInt64>) {
    self.what = what
    self.range = range
    self.coreRange = coreRange
  }
}

extension ArchiveFault {
  /// What there is to say of a damaged archive of version 1.
  public static let oldFormat =
    "version 1 of the format: if parts of another archive are in it, they can't be told from its own"

  package init(block: Int, _ place: ArchiveIndex.Block, _ geometry: ArchiveGeometry) {
    self.init(
      what: "block \(block)",
      range: place.offset..<place.offset + UInt64(place.entry.storedSize),
      coreRange: geometry.range(of: block))
  }
}
