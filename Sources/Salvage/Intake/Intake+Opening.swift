internal import ArchiveFormat
package import CoreIO
package import CoreModel
package import SystemPackage

extension Intake {
  /// Opens an input. A stream is read to its end, into a file that `spool` makes, in the way of
  /// `spooling`.
  package static func open(
    _ path: FilePath, options: IntakeOptions, archives: ArchiveReading = .wholly,
    sparse: Sparseness = .auto, spooling: Spooling = .plain,
    progress: (@Sendable (WorkProgress.State) -> Void)? = nil,
    spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    let way = try path == OutputPlace.standard ? standardInput() : named(path)
    return try open(way, path, options, archives, sparse, spooling, progress, spool)
  }

  /// Opens an input that somebody has opened as a file.
  package static func open(
    _ file: InputFile, options: IntakeOptions, archives: ArchiveReading = .wholly,
    sparse: Sparseness = .auto, spooling: Spooling = .plain,
    progress: (@Sendable (WorkProgress.State) -> Void)? = nil,
    spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    try open(named(file), file.path, options, archives, sparse, spooling, progress, spool)
  }

  private static func open(
    _ way: Way, _ path: FilePath, _ options: IntakeOptions, _ archives: ArchiveReading,
    _ sparse: Sparseness, _ spooling: Spooling,
    _ progress: (@Sendable (WorkProgress.State) -> Void)?,
    _ spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    let losses = try options.losses()
    var inputs = InputSet()
    inputs.insert(at: options.mapFile)
    switch way {
    case .file(let file):
      inputs.insert(file.identity)
      let source = TolerantSource(file)
      return Intake(
        source: source, file: file, spool: nil, wayIn: WayIn(file), losses: losses, inputs: inputs)
    case .archive(let file):
      inputs.insert(file.identity)
      return try Intake(archive: file, archives, losses: losses, inputs: inputs)
    case .pipedArchive(let stream):
      let (file, ending) = try InputFile.spooling(stream, in: options.temporaryFolder)
      return try Intake(archive: file, archives, losses: losses, inputs: inputs, ending: ending)
    case .stream(let stream, let file, let packing):
      inputs.insert(file?.identity)
      let output = try spool(inputs)
      let total = packing == nil ? file?.size ?? 0 : 0
      let progress = WorkProgress(total: total, report: progress)
      let name = path == OutputPlace.standard ? StandardInput.name : path
      let source: any ByteSource
      let ending: StreamEnding
      switch spooling {
      case .packed:
        (source, ending) = try PackedSpool(output: output, progress: progress)
          .fill(from: stream, named: name)
      case .plain:
        let result = try Spool(output: output, sparse: sparse, progress: progress)
          .fill(from: stream)
        source = try InputFile(reading: output, named: name, size: result.size)
        ending = result.ending
      }
      var wayIn = file.map { WayIn($0) } ?? WayIn(kind: .pipe)
      wayIn.packing = packing
      wayIn.ending = ending
      return Intake(
        source: source, file: file, spool: output, wayIn: wayIn, losses: losses, inputs: inputs)
    }
  }

  private enum Way {
    case file(InputFile)
    /// An archive of ours.
    case archive(InputFile)
    /// One whose end, where its seek table is, has not come yet.
    case pipedArchive(DescriptorStream)
    case stream(any ByteStream, InputFile?, Packing?)
  }

  private static func named(_ path: FilePath) throws(SalvageError) -> Way {
    try named(.core(path))
  }

  private static func named(_ file: InputFile) throws(SalvageError) -> Way {
    let head = (try? file.bytes(at: 0, count: 8)) ?? []
    try refuseForeign(head, file.path)
    if ArchiveIndex.isArchive(file) { return .archive(file) }
    guard Packing(magic: head) != nil || Packing.skippableSize(head) != nil else {
      return .file(file)
    }
    return unpacked(DescriptorStream(file), file)
  }

  private static func standardInput() throws(SalvageError) -> Way {
    switch StandardInput.open(extent: InterruptedWork.size) {
    case .terminal:
      throw SalvageError(
        .notACore(expected: "a core", found: "a terminal"), file: StandardInput.name)
    case .file(let file): return try named(file)
    case .stream(let stream):
      try refuseForeign(stream.peek(8), StandardInput.name)
      // As a plain stream of lz4, parts of another archive in it would pass for its own.
      if SkippableFrame.kind(stream.peek(SkippableFrame.prefixSize)) == .manifest {
        return .pipedArchive(stream)
      }
      return unpacked(stream, nil)
    }
  }

  /// The stream, unpacked where it is packed.
  private static func unpacked(_ stream: DescriptorStream, _ file: InputFile?) -> Way {
    var isSkipped = false
    while let size = Packing.skippableSize(stream.peek(8)) {
      stream.discard(size)
      isSkipped = true
    }
    switch Packing(magic: stream.peek(4)) {
    case .zstd: return .stream(ZstdStream(stream), file, .zstd)
    case .lz4: return .stream(LZ4Stream(stream), file, .lz4)
    case nil: return .stream(stream, file, isSkipped ? .lz4 : nil)
    }
  }

  /// What is packed in a file, from its beginning; nil where none of our packings is.
  package static func unpacked(_ file: InputFile) -> (stream: any ByteStream, packing: Packing?)? {
    guard let head = try? file.bytes(at: 0, count: 8),
      Packing(magic: head) != nil || Packing.skippableSize(head) != nil,
      (try? file.descriptor.seek(offset: 0, from: .start)) == 0,
      case .stream(let stream, _, let packing) = unpacked(DescriptorStream(file), file)
    else { return nil }
    return (stream, packing)
  }

  /// The first bytes of what is packed in a file, and how the stream ends where there are fewer; nil where none of our
  /// packings is. The file is read from its beginning again afterwards.
  package static func unpackedHead(
    of file: InputFile, count: Int
  ) -> (bytes: [UInt8], packing: Packing?, ending: StreamEnding)? {
    guard let (stream, packing) = unpacked(file) else { return nil }
    defer { _ = try? file.descriptor.seek(offset: 0, from: .start) }
    var bytes = [UInt8](repeating: 0, count: count)
    let found = unsafe bytes.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
    return (Array(bytes[..<found]), packing, stream.ending)
  }

  package static func refuseForeign(_ head: [UInt8], _ path: FilePath) throws(SalvageError) {
    guard let foreign = Packing.foreign(head) else { return }
    throw SalvageError(.otherPacking(name: foreign.name, command: foreign.command), file: path)
  }

  /// A file that is to be repaired where it stands.
  package init(repairing file: InputFile, options: IntakeOptions) throws(SalvageError) {
    let head = (try? file.bytes(at: 0, count: 8)) ?? []
    guard Packing(magic: head) == nil, Packing.skippableSize(head) == nil else {
      throw SalvageError(
        .notInPlace(reason: "is compressed, and can't be repaired in place"), file: file.path)
    }
    var inputs = InputSet(file.identity)
    inputs.insert(at: options.mapFile)
    self.init(
      source: TolerantSource(file), file: file, spool: nil, wayIn: WayIn(file),
      losses: try options.losses(), inputs: inputs)
    isWatched = false
  }
}
