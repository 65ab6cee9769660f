public import CoreIO
public import CoreModel
internal import ELFCore
public import SystemPackage

/// A file of a store: a core, an archive of one, or one that is not complete.
public struct CaptureEntry: Sendable {
  /// How much of the process's memory it has, as its notes tell. `Inspection` reads more.
  public enum State: Hashable, Sendable {
    /// All that was to be dumped.
    case whole
    /// So many bytes are lost.
    case lost(UInt64)
    /// It is being taken, or its daemon was killed; what is in it is valid.
    case unfinished
    /// Its headers and notes can't be read.
    case unreadable(SalvageError)
  }

  /// Where it is.
  public let path: FilePath
  /// How much it has.
  public let state: State
  /// Whether it is an archive.
  public let isArchive: Bool
  /// In bytes; of an archive that of the archive.
  public let size: UInt64
  /// What it takes of the disk, in bytes.
  public let allocated: UInt64
  /// What its note tells; nil where it has none. In a list without modules and limits: `record()` has those.
  public let record: CaptureRecord?
  /// When the process crashed, in microseconds since 1970; when the file was written last, where nothing tells.
  public let time: UInt64
  /// The process in the initial pid namespace; nil where neither note nor name tell.
  public let processID: UInt32?
  /// Its real user; nil where neither tell.
  public let userID: UInt32?
  /// Its short name, in bytes that it chose; empty where neither tell.
  public let name: [UInt8]
  let identity: FileIdentity

  /// - Parameter capture: what the notes tell, or why they don't.
  init(
    _ path: FilePath, _ stored: StoredName?, _ form: StoredName.Form, _ identity: FileIdentity,
    allocated: UInt64, _ capture: Result<StoredCapture, SalvageError>
  ) {
    self.path = path
    self.identity = identity
    self.allocated = allocated
    size = identity.size
    isArchive = form == .archive
    var record = try? capture.get().record
    record?.modules = []
    record?.limits = []
    self.record = record
    time = record?.time ?? stored?.time ?? UInt64(max(0, identity.modified / 1000))
    processID = record?.processID ?? stored?.processID
    userID = record?.userID ?? stored?.userID
    name = record?.name ?? stored?.command ?? []
    switch capture {
    case .failure(let error): state = .unreadable(error)
    case .success(let capture):
      // By its name alone a copy that was made too early would be whole.
      if form == .unfinished || capture.isUnderWay {
        state = .unfinished
      } else {
        state = capture.lost == 0 ? .whole : .lost(capture.lost)
      }
    }
  }

  /// All that its note tells; nil where it has none. Throws where it can't be read.
  public func fullRecord() throws(SalvageError) -> CaptureRecord? {
    try StoredCapture(of: opened(), form).record
  }

  private var form: StoredName.Form {
    isArchive ? .archive : state == .unfinished ? .unfinished : .core
  }

  /// The file that was found, if it is still there.
  private func opened() throws(SalvageError) -> InputFile {
    let file = try InputFile(path)
    guard file.identity.isSameFile(as: identity) else {
      throw SalvageError(
        .io(.resourceBusy, call: "open (the file has changed since it was found)"), file: path)
    }
    return file
  }

  // MARK: Getting it out

  /// Writes the core as it was captured: an archive unpacked, anything else byte for byte. A file appears under its name only
  /// once it is complete, and only its owner may read it. Gives its size in bytes.
  ///
  /// Throws for one that is still being taken: what its table says goes on changing.
  @discardableResult
  public func write(
    to place: OutputPlace, force: Bool = false, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> UInt64 {
    let file = try opened()
    guard !isArchive else { return try restore(file, to: place, force, progress) }
    try takeTurn(file)
    let inputs = InputSet(file.identity)
    let progress = WorkProgress(on: path, total: file.size, report: progress)
    guard place.isStream else {
      let output = try OutputFile(place.path, sparing: inputs, replacing: force)
      if !output.clone(file) {
        try output.resize(to: file.size)
        try forEachPiece(of: file, progress) { range throws(SalvageError) in
          try output.copy(range, of: file, to: range.lowerBound)
        }
      }
      try output.publish()
      return file.size
    }
    let stream = try place.stream(sparing: inputs)
    try forEachPiece(of: file, progress) { range throws(SalvageError) in
      let bytes = try file.bytes(at: range.lowerBound, count: Int(range.length))
      guard UInt64(bytes.count) == range.length else {
        throw SalvageError.becameShorter(path, at: range.lowerBound + UInt64(bytes.count))
      }
      try stream.write(bytes)
    }
    return file.size
  }

  private func restore(
    _ file: InputFile, to place: OutputPlace, _ force: Bool, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> UInt64 {
    var options = RepairOptions()
    options.force = force
    let restored = try Restore(of: file).write(to: place, options: options, progress: progress)
    return restored.size
  }

  /// Whoever takes a core has it locked.
  private func takeTurn(_ file: InputFile) throws(SalvageError) {
    do throws(SalvageError) {
      _ = try FileLock.take(.shared, on: file.descriptor, path, patience: 0)
    } catch {
      guard case .inUse = error.kind, state == .unfinished else { throw error }
      throw SalvageError(
        .io(.resourceBusy, call: "copy (it is still being taken)"), file: path)
    }
  }

  private func forEachPiece(
    of file: InputFile, _ progress: WorkProgress,
    _ body: (Range<UInt64>) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    var position: UInt64 = 0
    while position < file.size {
      let end = min(position + (1 << 20), file.size)
      try body(position..<end)
      try progress.advance(to: end)
      position = end
    }
  }
}
