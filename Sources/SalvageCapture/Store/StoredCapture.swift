internal import ArchiveFormat
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Salvage

/// What the notes of a stored core tell of it. Whether that is so for every byte, `check` says.
struct StoredCapture {
  /// nil where nothing tells of a capture.
  let record: CaptureRecord?
  /// How much of the process's memory is not in it, in bytes.
  let lost: UInt64

  /// Whether the capture had not come to its end when the notes were written.
  var isUnderWay: Bool { record.map { $0.state != .done && !$0.wasInterrupted } ?? false }

  /// Reads headers and notes alone; of an archive the blocks that they are in, or all where one of them is damaged.
  init(of file: InputFile, _ form: StoredName.Form) throws(SalvageError) {
    guard form == .archive else {
      try self.init(of: TolerantSource(file))
      return
    }
    let archive = try ArchiveSource(file)
    do throws(SalvageError) {
      try self.init(of: archive)
    } catch {
      guard case .damagedBlock = error.kind else { throw error }
      try self.init(of: archive.checked())
    }
  }

  private init(of source: any ByteSource) throws(SalvageError) {
    let structure = try Probe.structure(of: source)
    var record: CaptureRecord?
    var lost: UInt64 = structure.sizeDue.map { $0 -| source.size } ?? 0
    for repair in PriorRepair.all(in: structure, source) {
      if let capture = try repair.capture() { record = capture }
      for range in try repair.lost()?.ranges ?? [] { lost = lost +| range.length }
    }
    self.record = record
    self.lost = lost
  }
}
