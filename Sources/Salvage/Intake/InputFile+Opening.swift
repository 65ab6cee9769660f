package import CoreIO
internal import CoreModel
package import SystemPackage

extension InputFile {
  /// A core, which waits for its turn. What an interrupted repair in place has left behind it is no part of it.
  package static func core(_ path: FilePath) throws(SalvageError) -> InputFile {
    try InputFile(path, inTurn: true, extent: InterruptedWork.size)
  }

  /// An archive or a bundle. What is no file is none.
  package static func archive(_ path: FilePath) throws(SalvageError) -> InputFile {
    do throws(SalvageError) {
      return try InputFile(path)
    } catch {
      guard case .notACore(_, let found) = error.kind else { throw error }
      throw SalvageError(.notAnArchive(found: found), file: path)
    }
  }

  /// Opens what a user named; for `-` standard input. A pipe's bytes go into an unnamed temporary file first, for an
  /// archive is read from its end. `failure` is why it could not be read to its end.
  package static func opening(
    _ path: FilePath, temporaryFolder: FilePath = IntakeOptions().temporaryFolder
  ) throws(SalvageError) -> (file: InputFile, failure: SalvageError?) {
    guard path == OutputPlace.standard else { return (try archive(path), nil) }
    switch StandardInput.open() {
    case .terminal: throw SalvageError(.notAnArchive(found: "a terminal"), file: StandardInput.name)
    case .file(let file): return (file, nil)
    case .stream(let stream):
      let (file, ending) = try spooling(
        stream, named: StandardInput.name, in: temporaryFolder)
      var way = WayIn(kind: .pipe)
      way.ending = ending
      return (file, way.readFailure(of: file.path, at: file.size))
    }
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
