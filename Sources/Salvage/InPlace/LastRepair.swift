internal import ELFCore

/// The last repair of a core, with all that it takes to undo it.
struct LastRepair {
  let format: ELFFormat
  let sizeFound: UInt64
  /// Where the HEAD note's descriptor is.
  let head: Range<UInt64>
  /// The core as it was before the repair.
  let original: PatchedSource
  let unknownBytes: UInt64
  private let origin: String

  init(_ source: any ByteSource) throws(SalvageError) {
    let structure = try Probe.structure(of: source)
    format = structure.format
    guard let repair = PriorRepair.last(in: structure, source), repair.isComplete,
      let head = repair.headRange
    else {
      throw SalvageError(
        .notInPlace(reason: "has no notes of coresalvage: there is nothing to undo"),
        file: source.path)
    }
    guard let lost = try repair.lost(), lost.sizeFound <= source.size else {
      throw SalvageError(.notInPlace(reason: "its LOST note is damaged"), file: source.path)
    }
    guard let original = try repair.original() else {
      throw SalvageError(.notInPlace(reason: "its HEAD note is damaged"), file: source.path)
    }
    self.head = head
    self.original = original
    sizeFound = lost.sizeFound
    unknownBytes = lost.ranges.total {
      min($0.fileOffset +| $0.length, lost.sizeFound) - min($0.fileOffset, lost.sizeFound)
    }
    origin = String(decoding: try repair.origin() ?? [], as: UTF8.self)
  }

  /// Checks that undoing gives what the ORIGIN note says was there.
  func check(_ source: any ByteSource) throws(SalvageError) {
    let digest = try Origin.digest(of: Probe.structure(of: original), original)
    guard origin.contains("\"xxh3-128:\(digest)\"") else {
      throw SalvageError(
        .notInPlace(
          reason: "was changed since it was repaired: undoing would not give its original back"),
        file: source.path)
    }
  }
}
