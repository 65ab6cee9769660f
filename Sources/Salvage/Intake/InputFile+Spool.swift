package import CoreIO
internal import CoreModel
package import SystemPackage

extension InputFile {
  /// A core, which waits for its turn. What an interrupted repair in place has left behind it is no part of it.
  package static func core(_ path: FilePath) throws(SalvageError) -> InputFile {
    try InputFile(path, inTurn: true, extent: InterruptedWork.size)
  }

  /// Opens what a user named; for `-` standard input. A pipe's bytes go into an unnamed temporary file first, for an
  /// archive is read from its end. `failure` is why it could not be read to its end.
  package static func opening(
    _ path: FilePath, temporaryFolder: FilePath = IntakeOptions().temporaryFolder
  ) throws(SalvageError) -> (file: InputFile, failure: SalvageError?) {
    guard path == Intake.standard else { return (try InputFile(path), nil) }
    let input = FileDescriptor.standardInput
    if let copy = try? input.duplicate(), (try? copy.seek(offset: 0, from: .current)) == 0,
      let file = try? InputFile(owning: copy, "standard input")
    {
      return (file, nil)
    }
    let (file, ending) = try spooling(
      DescriptorStream(input), named: "standard input", in: temporaryFolder)
    var way = WayIn(kind: .pipe)
    way.ending = ending
    return (file, way.readFailure(of: file.path, at: file.size))
  }

  /// What a pipe gives, in an unnamed temporary file, and how it ended.
  package static func spooling(
    _ stream: DescriptorStream, named name: FilePath, in temporaryFolder: FilePath
  ) throws(SalvageError) -> (file: InputFile, ending: StreamEnding) {
    let spool = try UnnamedFile(in: temporaryFolder)
    let result = try Spool(
      output: spool, sparse: .never, progress: WorkProgress(on: name, total: 0, report: nil)
    ).fill(from: stream)
    return (
      try InputFile(reading: spool, named: name, size: result.size), result.ending
    )
  }
}
