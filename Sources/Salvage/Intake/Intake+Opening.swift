internal import ArchiveFormat
package import CoreIO
package import CoreModel
internal import Glibc
package import SystemPackage

extension Intake {
  /// Opens an input that somebody has opened as a file.
  package static func open(
    _ file: InputFile, options: IntakeOptions, archives: ArchiveReading = .wholly,
    sparse: Sparseness = .auto, spooling: Spooling = .plain,
    progress: WorkProgress.Observer? = nil,
    spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    try open(.named(file), file.path, options, archives, sparse, spooling, progress, spool)
  }

  static func open(
    _ way: Way, _ path: FilePath, _ options: IntakeOptions, _ archives: ArchiveReading,
    _ sparse: Sparseness, _ spooling: Spooling,
    _ progress: WorkProgress.Observer?,
    _ spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    let losses = try options.losses()
    var inputs = InputSet()
    inputs.insert(at: options.mapFile)
    switch way {
    case .memory(let source):
      return Intake(
        source: source, file: nil, spool: nil, wayIn: WayIn(kind: .file), losses: losses,
        inputs: inputs)
    case .file(let file):
      inputs.insert(file.identity)
      if file.size <= InputFile.smallSize { file.holdBeginning() }
      let source = TolerantSource(file)
      return Intake(
        source: source, file: file, spool: nil, wayIn: WayIn(file), losses: losses, inputs: inputs)
    case .archive(let file):
      inputs.insert(file.identity)
      return try Intake(archive: file, archives, losses: losses, inputs: inputs)
    case .pipedArchive(let stream):
      let (file, ending) = try InputFile.spooling(
        stream, named: Self.name(path), in: options.temporaryFolder)
      return try Intake(archive: file, archives, losses: losses, inputs: inputs, ending: ending)
    case .stream(let stream, let file, let packing):
      inputs.insert(file?.identity)
      let output = try spool(inputs)
      let total = packing == nil ? file?.size ?? 0 : 0
      let name = Self.name(path)
      let progress = WorkProgress(on: name, total: total, report: progress)
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
      wayIn.zerosBehind = stream.zerosBehind
      wayIn.isChecked = stream.isChecked
      if let tar = stream as? TarStream { wayIn.rest = tar.rest }
      var losses = losses
      if stream.doubtful > 0 {
        let start = source.size - min(stream.doubtful, source.size)
        losses.append(.init(range: start..<source.size, cause: .damaged))
      }
      // A tar archive tells whole seconds as a rule. Where it is as old as its core, its own time tells more.
      if let modified = (stream as? TarStream)?.modified,
        wayIn.died.map({ $0.microseconds / 1_000_000 }) != modified / 1_000_000
      {
        wayIn.died = DeathTime(microseconds: modified, .bundle)
      }
      return Intake(
        source: source, file: file, spool: output, wayIn: wayIn, losses: losses, inputs: inputs)
    }
  }

  private static func name(_ path: FilePath) -> FilePath {
    path == OutputPlace.standard ? StandardInput.name : path
  }

  /// What an input turned out to be.
  enum Way {
    case memory(MemorySource)
    case file(InputFile)
    /// An archive of ours.
    case archive(InputFile)
    /// One whose end, where its seek table is, has not come yet.
    case pipedArchive(DescriptorStream)
    case stream(any ByteStream, InputFile?, Packing?)
  }

  /// What is packed in a file, from its beginning; nil where none of our packings is.
  package static func unpacked(_ file: InputFile) -> (stream: any ByteStream, packing: Packing?)? {
    guard let head = try? file.bytes(at: 0, count: TarStream.headSize),
      Packing(magic: head) != nil || Packing.skippableSize(head) != nil || TarStream.isTar(head),
      (try? file.descriptor.seek(offset: 0, from: .start)) == 0,
      case .stream(let stream, _, let packing) = Way.unpacked(DescriptorStream(file), file)
    else { return nil }
    return (stream, packing)
  }

  /// The first bytes of what is packed in a file, and how the stream ends where there are fewer; nil where none of our
  /// packings is; and whether it is a tar archive that is no bundle. The file is read from its beginning again afterwards.
  package static func unpackedHead(
    of file: InputFile, count: Int
  ) -> (bytes: [UInt8], packing: Packing?, ending: StreamEnding, isStrangersTar: Bool)? {
    guard let (stream, packing) = unpacked(file) else { return nil }
    defer { _ = try? file.descriptor.seek(offset: 0, from: .start) }
    var bytes = [UInt8](repeating: 0, count: count)
    let found = unsafe bytes.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
    let isStrangersTar = (stream as? TarStream)?.isStrangers ?? false
    return (Array(bytes[..<found]), packing, stream.ending, isStrangersTar)
  }

  /// Whether a file is a bundle, or another tar archive, however it is packed.
  package static func isTar(_ file: InputFile) -> Bool {
    unpackedHead(of: file, count: 0)?.packing == .tar
  }

  /// Refuses what is packed as we don't read it, or what was packed as we do and has no more than a piece of that one's mark.
  package static func refuseForeign(_ head: [UInt8], _ path: FilePath) throws(SalvageError) {
    if let packing = Packing(remnant: head, of: path.lastComponent?.string ?? ""),
      let reason = StreamEnding.cut.reasonForNothing(packing)
    {
      throw SalvageError(.nothingUnpacked(reason: reason), file: path)
    }
    if let dump = Packing.foreignDump(head) {
      throw SalvageError(.otherDump(name: dump.name, command: dump.command), file: path)
    }
    guard let foreign = Packing.foreign(head) else { return }
    throw SalvageError(.otherPacking(name: foreign.name, command: foreign.command), file: path)
  }

  /// Throws for a tar archive that begins with a file: a bundle begins with its folder, or with its core.
  static func refuseTar(_ stream: TarStream, _ packing: Packing?, _ path: FilePath)
    throws(SalvageError)
  {
    guard let name = stream.firstFile else { return }
    let options =
      switch packing {
      case .gzip: "-xzOf"
      case .zstd: "--zstd -xOf"
      case .lz4: "-I lz4 -xOf"
      case .tar, nil: "-xOf"
      }
    throw SalvageError(
      .otherPacking(name: "a tar archive, and no bundle", command: "tar \(options) IN \(name)"),
      file: path)
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

extension Intake.Way {
  static func named(_ path: FilePath) throws(SalvageError) -> Self { try named(.core(path)) }

  static func named(_ file: InputFile) throws(SalvageError) -> Self {
    let head = (try? file.bytes(at: 0, count: 8)) ?? []
    try Intake.refuseForeign(head, file.path)
    if ArchiveIndex.isArchive(file) { return .archive(file) }
    guard Packing(magic: head) != nil || Packing.skippableSize(head) != nil else {
      let start = (try? file.bytes(at: 0, count: TarStream.headSize)) ?? []
      return TarStream.isTar(start)
        ? try packed(DescriptorStream(file), file, file.path) : .file(file)
    }
    return try packed(DescriptorStream(file), file, file.path)
  }

  static func open(_ input: StandardInput, _ name: FilePath) throws(SalvageError) -> Self {
    switch input {
    case .terminal:
      throw SalvageError(.notACore(expected: "a core", found: "a terminal"), file: name)
    case .file(let file): try named(file)
    case .stream(let stream): try streamed(stream, name)
    }
  }

  /// A pipe, or a file that is read from where it stands.
  static func streamed(
    _ stream: DescriptorStream, _ name: FilePath
  ) throws(SalvageError) -> Self {
    try Intake.refuseForeign(stream.peek(8), name)
    // As a plain stream of lz4, parts of another archive in it would pass for its own.
    if SkippableFrame.kind(stream.peek(SkippableFrame.prefixSize)) == .manifest {
      return .pipedArchive(stream)
    }
    try refuseNoCore(stream, name)
    return try packed(stream, nil, name)
  }

  /// Throws for what begins as no core and no packing does: it may go on for as long as the disk has room.
  private static func refuseNoCore(
    _ stream: DescriptorStream, _ name: FilePath
  ) throws(SalvageError) {
    let head = stream.peek(64)
    guard !head.starts(with: FileHeader.magic.prefix(head.count)), Packing(magic: head) == nil,
      Packing.skippableSize(head) == nil, !TarStream.isTar(stream.peek(TarStream.headSize))
    else { return }
    _ = try Probe.structure(of: MemorySource(head, path: name))
  }

  /// The stream, unpacked; a tar archive that is no bundle is refused.
  private static func packed(
    _ stream: DescriptorStream, _ file: InputFile?, _ name: FilePath
  ) throws(SalvageError) -> Self {
    let (core, packing) = tarStream(stream)
    try Intake.refuseTar(core, packing, name)
    return .stream(core, file, core.isTar ? .tar : packing)
  }

  /// The stream, unpacked where it is packed.
  fileprivate static func unpacked(_ stream: DescriptorStream, _ file: InputFile?) -> Self {
    let (core, packing) = tarStream(stream)
    return .stream(core, file, core.isTar ? .tar : packing)
  }

  /// The core in a bundle, where the stream is one, and the stream itself else; and what either is packed in.
  private static func tarStream(_ stream: DescriptorStream) -> (TarStream, Packing?) {
    var isSkipped = false
    while let size = Packing.skippableSize(stream.peek(8)) {
      stream.discard(size)
      isSkipped = true
    }
    return switch Packing(magic: stream.peek(4)) {
    case .zstd: (TarStream(ZstdStream(stream)), .zstd)
    case .lz4: (TarStream(LZ4Stream(stream)), .lz4)
    case .gzip: (TarStream(GzipStream(stream)), .gzip)
    case .tar, nil: (TarStream(stream), isSkipped ? .lz4 : nil)
    }
  }
}
