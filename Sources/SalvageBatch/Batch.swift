public import CoreIO
internal import Glibc
internal import Salvage
public import SystemPackage

/// All cores below some folders, repaired one by one, on some threads, beside whoever else is at work on them.
///
///     let batch = try Batch(of: ["/var/crash"], options: BatchOptions(output: "/srv/cores"))
///     let tally = try batch.run { print($0) }
public struct Batch: Sendable {
  package let roots: [FolderWalk.Root]
  package let options: BatchOptions
  private let output: FileIdentity?
  /// The folders that were named.
  package let inputs: [FileIdentity]

  /// Makes the output folder where there is none. Throws where a folder is none, or where they can't stand together.
  public init(of folders: [FilePath], options: BatchOptions) throws(SalvageError) {
    self.options = options
    roots = try Self.roots(folders)
    inputs = try folders.map { path throws(SalvageError) in try Self.folder(path) }
    guard let place = options.output else {
      output = nil
      return
    }
    if let first = inputs.first { try OutputFolder.makeRoot(place, like: first) }
    let output = try Self.folder(place)
    self.output = output
    guard !inputs.contains(where: output.isSameFile) else { throw OutputFolder.isForInputs(place) }
  }

  /// Of folders by their names as text: see the initializer that takes paths.
  public init(of folders: [String], options: BatchOptions) throws(SalvageError) {
    try self.init(of: folders.map { FilePath($0) }, options: options)
  }

  /// Where our own file goes that tells who claims what.
  package var home: FilePath { options.output ?? roots.first?.path ?? "." }

  private static func folder(_ path: FilePath) throws(SalvageError) -> FileIdentity {
    guard let identity = FileIdentity(at: path, followingLinks: true) else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "open the folder"), file: path)
    }
    guard identity.isDirectory else {
      throw SalvageError(.io(.notDirectory, call: "open the folder"), file: path)
    }
    return identity
  }

  /// One folder's files keep their paths in it. Of several, each folder's own name goes first.
  private static func roots(_ folders: [FilePath]) throws(SalvageError) -> [FolderWalk.Root] {
    guard folders.count > 1 else { return folders.map { .init(path: $0) } }
    var roots: [FolderWalk.Root] = []
    for path in folders {
      let name = path.lastComponent?.kind == .regular ? path.lastComponent : resolved(path)
      guard let name else {
        throw SalvageError(.badOutput(reason: "has no name for its outputs"), file: path)
      }
      let relativePath = FilePath("").appending(name)
      guard !roots.contains(where: { $0.relativePath == relativePath }) else {
        throw SalvageError(
          .badOutput(reason: "has the same name as another of the folders; give them one by one"),
          file: path)
      }
      roots.append(.init(path: path, relativePath: relativePath))
    }
    return roots
  }

  /// The name of a folder that was given as `.` or `..`.
  private static func resolved(_ path: FilePath) -> FilePath.Component? {
    let real = unsafe path.withPlatformString { unsafe realpath($0, nil) }
    guard let real = unsafe real else { return nil }
    defer { unsafe free(real) }
    return unsafe FilePath(platformString: real).lastComponent
  }

  /// A walk over all files.
  package var walk: FolderWalk {
    FolderWalk(roots, .asListed, recursive: options.recursive, leavingOut: output)
  }

  /// Throws where a page would take the place of a core. What is among the outputs is only known when they are written.
  public func check(page place: OutputPlace) throws(SalvageError) {
    var files = InputSet()
    files.insert(at: options.repair.program)
    // Only what is there can be lost.
    if let present = FileIdentity(at: place.path, followingLinks: true), present.isRegular {
      var walk = walk
      while let find = walk.next() {
        guard case .file(let file) = find, let identity = file.identity else { continue }
        if identity.isSameFile(as: present) { files.insert(identity) }
      }
    }
    try place.check(sparing: files, replacing: options.repair.force)
  }

  /// Does all of it. `observe` is called from any thread, by one at a time. If the task is cancelled, what is finished stays,
  /// what is under way leaves nothing, and it throws once both are so.
  public func run(
    _ observe: @escaping @Sendable (BatchEvent) -> Void
  ) throws(SalvageError) -> BatchTally {
    Self.allowManyFiles()
    let teller = BatchTeller(observe)
    teller.tell(.surveyed(survey(teller)))
    let run = try unsafe withUnsafeCurrentTask { task in
      // Whether it is cancelled may be asked from any thread, while the task waits here.
      nonisolated(unsafe) let task = unsafe task
      return Result { () throws(SalvageError) in
        let run = try BatchRun(self, teller) { unsafe task?.isCancelled ?? false }
        run.perform()
        return run
      }
    }.get()
    if run.isOutOfSpace { teller.leave(survey(nil)) }
    let tally = teller.end()
    guard !run.isStopped else { throw SalvageError(.cancelled, file: home) }
    return tally
  }

  /// Each output that waits for its sync is an open file.
  private static func allowManyFiles() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
