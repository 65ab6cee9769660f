internal import CoreIO
internal import Salvage
internal import SalvageBatch
internal import SalvageText
internal import Synchronization
internal import SystemPackage

/// The page that `batch --report` writes: a row for each core, in the order in which they were finished.
final class BatchPage: Sendable {
  private let place: OutputPlace
  private let force: Bool
  private let page = Mutex(HTMLPage())
  /// The cores and their outputs, whose place the page must not take.
  private let files = Mutex(InputSet())

  init(to place: OutputPlace, force: Bool) {
    self.place = place
    self.force = force
  }

  /// Called for one event after another.
  func note(_ event: BatchEvent) {
    guard case .finished(let record) = event, record.outcome.isCore else { return }
    files.withLock {
      $0.insert(at: record.input)
      $0.insert(at: record.output)
    }
    page.withLock { $0.add(record) }
  }

  func write() throws(SalvageError) {
    let files = files.withLock { $0 }
    try page.withLock { page throws(SalvageError) in
      try page.write(to: place, cores: [], sparing: files, force: force)
    }
  }
}
