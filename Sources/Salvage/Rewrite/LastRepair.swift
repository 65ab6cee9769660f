internal import CoreIO
internal import CoreModel
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
  /// The end of the last thing that the repaired core's headers name: where it ends, if nobody made it longer.
  private let sizeWritten: UInt64?
  private let origin: OriginNote?

  /// When the process died, as far as the repair could tell.
  var died: DeathTime? { origin?.died }

  init(_ source: any ByteSource) throws(SalvageError) {
    let head = (try? source.bytes(at: 0, count: TarStream.headSize)) ?? []
    guard Packing(magic: head) == nil, Packing.skippableSize(head) == nil, !TarStream.isTar(head)
    else {
      throw SalvageError(
        .notInPlace(reason: "is packed: only the core itself can be undone, once it is out"),
        file: source.path)
    }
    let structure = try Probe.structure(of: source)
    format = structure.format
    sizeWritten = structure.sizeDue
    let last = PriorRepair.last(in: structure, source)
    guard last?.isCapture != true else {
      throw SalvageError(
        .notInPlace(reason: "was captured, not repaired: there is nothing to undo"),
        file: source.path)
    }
    if last?.isSlim == true {
      throw SalvageError(
        .notInPlace(reason: "is a slim core: what was left out is not in it"), file: source.path)
    }
    guard let repair = last, repair.isComplete,
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
    origin = OriginNote(String(decoding: try repair.origin() ?? [], as: UTF8.self))
  }

  /// The digest of the header, the table and the notes that undoing gives back. Throws where they are not what the ORIGIN
  /// note says was there, where it names another size, or where the file has more than the repair wrote.
  func provenDigest(_ source: any ByteSource) throws(SalvageError) -> String {
    let structure = try Probe.structure(of: original)
    let digest = try HeadDigest.of(structure, original)
    let places = [0..<UInt64(format.fileHeaderSize), structure.tableRange]
    guard let origin, origin.headDigest == "xxh3-128:" + digest, origin.sizeFound == sizeFound,
      original.runs.allSatisfy({ run in
        places.contains {
          $0.contains(run.range.lowerBound) && $0.upperBound >= run.range.upperBound
        }
      })
    else { throw wasChanged(source, "undoing would not give its original back") }
    // The writer pads the end to 8.
    guard let end = sizeWritten, source.size == roundUp(end, to: 8) || source.size == end else {
      throw wasChanged(source, "its end is not where the repair put it")
    }
    return digest
  }

  private func wasChanged(_ source: any ByteSource, _ how: String) -> SalvageError {
    SalvageError(
      .notInPlace(reason: "was changed since it was repaired: \(how)"), file: source.path)
  }
}
