package import SystemPackage

extension InputFile {
  /// Opens what a user named; for `-` standard input. A pipe's bytes go into an unnamed temporary file first, for an
  /// archive is read from its end.
  package static func opening(
    _ name: String, temporaryFolder: FilePath = IntakeOptions().temporaryFolder
  ) throws(SalvageError) -> InputFile {
    guard name == "-" else { return try InputFile(FilePath(name)) }
    let input = FileDescriptor.standardInput
    if let copy = try? input.duplicate(), (try? copy.seek(offset: 0, from: .current)) == 0,
      let file = try? InputFile(owning: copy, "standard input")
    {
      return file
    }
    return try spooling(DescriptorStream(input), in: temporaryFolder)
  }

  /// What a pipe gives, in an unnamed temporary file.
  static func spooling(
    _ stream: DescriptorStream, in temporaryFolder: FilePath
  ) throws(SalvageError) -> InputFile {
    let spool = try UnnamedFile(in: temporaryFolder)
    let result = try Spool(
      output: spool, sparse: .never, progress: Progress(total: 0, report: nil)
    ).fill(from: stream)
    return try InputFile(reading: spool, named: "standard input", size: result.size)
  }
}
