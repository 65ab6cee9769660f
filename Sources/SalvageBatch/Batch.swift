public import CoreIO
internal import Glibc
internal import Salvage
public import SystemPackage

/// All cores below some folders, and some by name, repaired one by one, on some threads, beside whoever else is at work on them.
///
///     let batch = try Batch(of: ["/var/crash"], options: BatchOptions(output: "/srv/cores"))
///     let tally = try batch.run { print($0) }
public struct Batch: Sendable {
  package let roots: [FolderWalk.Root]
  package let options: BatchOptions
  private let output: FileIdentity?
  /// The folders that were named, and those that named files are in.
  package let inputs: [FileIdentity]

  /// Makes the output folder where there is none. Throws where something is neither a folder nor a file, or where they can't
  /// stand together.
  public init(of inputs: [FilePath], options: BatchOptions) throws(SalvageError) {
    self.options = options
    roots = try BatchRoots.roots(inputs)
    let folders = try roots.map { root throws(SalvageError) in try Self.folder(root.path) }
    self.inputs = folders
    guard let place = options.output else {
      output = nil
      return
    }
    if options.isRehearsal, FileIdentity(at: place, followingLinks: true) == nil {
      output = nil
      return
    }
    if let first = roots.first.flatMap({ FileAccess(at: $0.path) }) {
      try OutputFolder.makeRoot(place, like: first)
    }
    let output = try Self.folder(place)
    self.output = output
    guard !folders.contains(where: output.isSameFile) else { throw OutputFolder.isForInputs(place) }
  }

  /// Of files and folders by their names as text: see the initializer that takes paths.
  public init(of inputs: [String], options: BatchOptions) throws(SalvageError) {
    try self.init(of: inputs.map { FilePath($0) }, options: options)
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

  /// A walk over all files.
  package var walk: FolderWalk {
    FolderWalk(roots, .asListed, recursive: options.recursive, leavingOut: output)
  }

  /// Throws where a page would take the place of a core. What is among the outputs is only known when they are written.
  /// `replacing` says whether a file that is there may be replaced.
  public func check(page place: OutputPlace, replacing: Bool) throws(SalvageError) {
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
    try place.check(sparing: files, replacing: replacing)
  }

  /// Does all of it, or tells what it would do where that is asked for. `observe` is called from any thread, by one at a time. If the task is cancelled, what is finished stays,
  /// what is under way leaves nothing, and it throws once both are so.
  public func run(
    _ observe: @escaping @Sendable (BatchEvent) -> Void
  ) throws(SalvageError) -> BatchTally {
    Self.allowManyFiles()
    let teller = BatchTeller(observe)
    if options.isSurveyed { teller.tell(.surveyed(survey(teller))) }
    guard !options.isRehearsal else { return rehearse(teller) }
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
