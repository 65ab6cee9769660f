package import SystemPackage

extension InputFile {
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
    let spool = try UnnamedFile(in: temporaryFolder)
    let result = try Spool(
      output: spool, sparse: .never, progress: Progress(total: 0, report: nil)
    ).fill(from: DescriptorStream(input))
    let file = try InputFile(reading: spool, named: "standard input", size: result.size)
    var way = WayIn(kind: .pipe)
    way.ending = result.ending
    return (file, way.readFailure(of: file.path, at: result.size))
  }
}
