public import CoreIO
public import Salvage
internal import SystemPackage

// Files by their names as text, which needs no import of swift-system.

extension Repair {
  /// Writes an archive: see the function that takes a path.
  @discardableResult
  public func archive(
    to path: String, options: ArchiveOptions = ArchiveOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Archived {
    try archive(to: FilePath(path), options: options, progress: progress)
  }
}

extension Restore {
  /// Opens an archive: see the initializer that takes a path.
  public init(of path: String, threads: Int? = nil) throws(SalvageError) {
    try self.init(of: FilePath(path), threads: threads)
  }

  /// Writes the core: see the function that takes a path.
  @discardableResult
  public func write(
    to path: String, options: RepairOptions = RepairOptions(),
    progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Restored {
    try write(to: FilePath(path), options: options, progress: progress)
  }
}

extension Verification {
  /// Looks at every byte of an archive: see the initializer that takes a path.
  public init(
    of path: String, threads: Int? = nil, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) {
    try self.init(of: FilePath(path), threads: threads, progress: progress)
  }
}
