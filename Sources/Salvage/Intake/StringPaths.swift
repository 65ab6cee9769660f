public import CoreIO
public import SystemPackage

// Files by their names, in each function that takes one: as a path, or as text, which needs no import of swift-system.

extension Repair {
  /// Of a file: see `init(of:for:options:spooling:progress:)` for all inputs.
  public init(
    of path: FilePath, for output: FilePath? = nil, options: RepairOptions = RepairOptions(),
    spooling: Spooling = .plain, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    try self.init(
      of: .file(path), for: output, options: options, spooling: spooling, progress: progress)
  }

  /// Of a file: see `init(of:for:options:spooling:progress:)` for all inputs.
  public init(
    of path: String, for output: String? = nil, options: RepairOptions = RepairOptions(),
    spooling: Spooling = .plain, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    try self.init(
      of: .file(path), for: output.map { FilePath($0) }, options: options, spooling: spooling,
      progress: progress)
  }

  /// Writes the repaired core into a file: see the function that takes a path.
  @discardableResult
  public func write(
    to path: String, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Written {
    try write(to: FilePath(path), progress: progress)
  }

  /// Repairs the file itself: see the function that takes a path.
  public static func inPlace(
    _ path: String, options: RepairOptions = RepairOptions()
  ) throws(SalvageError) -> Written {
    try inPlace(FilePath(path), options: options)
  }
}

extension Undo {
  /// Undoes the last repair of a file, in place.
  public init(_ path: String) throws(SalvageError) { try self.init(FilePath(path)) }
}

extension Inspection {
  /// Of a file: see `init(of:options:)` for all inputs.
  public init(of path: FilePath, options: Options = Options()) throws(SalvageError) {
    try self.init(of: .file(path), options: options)
  }

  /// Of a file: see `init(of:options:)` for all inputs.
  public init(of path: String, options: Options = Options()) throws(SalvageError) {
    try self.init(of: .file(path), options: options)
  }
}

extension RepairRecord {
  /// Of a file: see `init(of:)` for all inputs.
  public init(of path: FilePath) throws(SalvageError) { try self.init(of: .file(path)) }

  /// Of a file: see `init(of:)` for all inputs.
  public init(of path: String) throws(SalvageError) { try self.init(of: .file(path)) }
}

extension MemoryExcerpt {
  /// Out of a file: see `read(from:to:)` for all inputs.
  public func read(
    from path: FilePath, to body: ([UInt8]) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    try read(from: .file(path), to: body)
  }

  /// Out of a file: see `read(from:to:)` for all inputs.
  public func read(
    from path: String, to body: ([UInt8]) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    try read(from: .file(path), to: body)
  }
}
