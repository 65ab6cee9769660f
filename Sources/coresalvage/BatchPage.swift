internal import Salvage
internal import Synchronization
internal import SystemPackage

/// The page that `batch --report` writes: a row for each core, in the order in which they were finished.
final class BatchPage: Sendable {
  private let path: FilePath
  private let force: Bool
  private let page = Mutex(Page())

  init(to path: FilePath, force: Bool) {
    self.path = path
    self.force = force
  }

  /// Throws where it could not be written: before hours of work, not after.
  func check() throws(SalvageError) { try Page.check(path, force: force) }

  /// Called for one event after another.
  func note(_ event: BatchEvent) {
    guard case .finished(let record) = event, record.outcome.isCore else { return }
    page.withLock { $0.add(record) }
  }

  func write() throws(SalvageError) {
    try page.withLock { page throws(SalvageError) in
      try page.write(to: path, cores: [], force: force)
    }
  }
}
