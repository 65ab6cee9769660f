internal import ArchiveFormat
package import CoreIO
package import CoreModel

/// How much of an archive is read when it is opened.
package enum ArchiveReading: Hashable, Sendable {
  /// All of it, so that what is damaged is known.
  case wholly
  /// What is asked for. Reading a damaged block throws.
  case lazily
}

extension Intake {
  /// The core in an archive of ours, which is a named file, or has come through a pipe that ended so.
  package init(
    archive file: InputFile, _ reading: ArchiveReading, losses: [DamageMap.Extent],
    inputs: InputSet, ending: StreamEnding? = nil
  ) throws(SalvageError) {
    var source = try ArchiveSource(file)
    if reading == .wholly { source = try source.checked() }
    var wayIn = WayIn(kind: ending == nil ? .file : .pipe)
    wayIn.ending = ending ?? .whole
    wayIn.archiveRemarks = source.remarks
    wayIn.died = try source.died
    self.init(
      source: source, file: ending == nil ? file : nil, spool: nil, wayIn: wayIn,
      losses: losses + source.lostRanges, inputs: inputs)
  }

  /// Lets `body` read a core of which it needs little. Of an archive no more is read than it asks for, until that
  /// meets damage: then `body` runs again, with all damage known.
  package static func glance<Result>(
    at input: CoreInput, _ body: (Intake) throws(SalvageError) -> Result
  ) throws(SalvageError) -> Result {
    let options = IntakeOptions()
    let intake = try open(input, options: options, archives: .lazily) { _ throws(SalvageError) in
      try UnnamedFile(in: options.temporaryFolder)
    }
    do throws(SalvageError) {
      return try body(intake)
    } catch {
      guard case .damagedBlock = error.kind, let archive = intake.source as? ArchiveSource,
        case let checked = try archive.checked()
      else { throw intake.reason(for: error) }
      return try body(
        Intake(
          source: checked, file: intake.file, spool: nil, wayIn: intake.wayIn,
          losses: intake.losses + checked.lostRanges, inputs: intake.inputs))
    }
  }
}
