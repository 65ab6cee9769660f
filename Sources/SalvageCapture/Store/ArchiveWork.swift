internal import ArchiveFormat
internal import CLinux
internal import CoreIO
internal import CoreModel
internal import Glibc
internal import Salvage
internal import SalvageArchive
internal import SystemPackage

/// Archives the complete cores of a store, in one thread that lets all other work go before it. A core is removed once its
/// archive is on the disk and every byte of that was checked; where anything fails, the core stays.
///
/// Of all processes that keep cores in one store one archives, also those of the others: the kernel waits for the handlers that
/// it starts, and no more than one of them is to stay for this.
final class ArchiveWork: @unchecked Sendable {
  // It guards all that is below.
  private let monitor = Monitor()
  private var isWanted = false
  private var isRunning = false

  private let folder: StoreFolder

  private static let lockName: FilePath.Component = ".archiving"
  /// In seconds. Who has the lock longer than this has not yet looked for the last time, and finds our core.
  private static let patience = 0.2

  init(_ folder: StoreFolder) {
    self.folder = folder
  }

  /// There is a core to be archived.
  func begin() {
    monitor.locked {
      isWanted = true
      guard !isRunning else { return }
      isRunning = BackgroundThread.start {
        linux_lower_priority()
        self.run()
      }
    }
  }

  /// Waits until there is no more to do.
  func drain() {
    monitor.locked {
      monitor.wait { isRunning }
      // No thread could be had.
      isRunning = isWanted
    }
    run()
  }

  private func run() {
    while takeTurn() { archiveAll() }
  }

  private func takeTurn() -> Bool {
    monitor.locked {
      let isTaken = isWanted && isRunning
      isWanted = false
      if !isTaken {
        isRunning = false
        monitor.wakeAll()
      }
      return isTaken
    }
  }

  // MARK: The work

  private func archiveAll() {
    guard let file = try? folder.open(Self.lockName, O_RDWR | O_CREAT) else { return }
    defer { try? file.close() }
    let path = folder.path.appending(Self.lockName)
    guard
      (try? FileLock.take(.exclusive, on: file, path, patience: Self.patience)) ?? false
    else { return }
    var failed: Set<StoredFile> = []
    while let next = folder.files().first(where: { $0.name.form == .core && !failed.contains($0) })
    {
      guard (try? archive(next)) != nil else {
        failed.insert(next)
        continue
      }
    }
  }

  /// Throws where the core has to stay.
  private func archive(_ core: StoredFile) throws(SalvageError) {
    let path = folder.path.appending(core.component)
    guard let name = FilePath.Component(core.name.with(.archive).text) else { return }
    let archive = folder.path.appending(name)
    if let left = folder.identity(name) {
      // Somebody was killed before he had removed the core; or this is no archive.
      guard left.isRegular, left.owner == core.identity.owner else {
        throw SalvageError(.outputExists, file: archive)
      }
      if (try? Verification(of: archive, threads: 1).isSound) ?? false {
        return try remove(core)
      }
      folder.remove(name, left)
    }
    try write(archive, of: path)
    try remove(core)
  }

  private func write(_ archive: FilePath, of path: FilePath) throws(SalvageError) {
    var options = RepairOptions()
    options.extend = .none
    // Whoever has written it may not have closed it yet. It has its name, so it is complete.
    options.intake.acceptsGrowing = true
    var archiving = ArchiveOptions()
    archiving.threads = 1
    let draft = try Repair(of: path, options: options)
      .archiveDraft(of: archive, replacing: false, options: archiving, progress: nil)
    fchmod(draft.output.descriptor.rawValue, 0o600)
    if let record = try? StoredCapture(of: InputFile(path), .core).record {
      CoreAccess.grant(to: draft.output.descriptor, for: record)
    }
    try draft.output.sync()
    let written = try InputFile(
      reading: draft.output, named: archive, size: draft.archived.size)
    guard try Verification(of: written, threads: 1).isSound else {
      throw SalvageError(.io(.ioError, call: "write"), file: archive)
    }
    try draft.output.publish()
  }

  private func remove(_ core: StoredFile) throws(SalvageError) {
    folder.sync()
    guard folder.remove(core.component, core.identity) else {
      throw SalvageError(
        .io(.noSuchFileOrDirectory, call: "remove"),
        file: folder.path.appending(core.component))
    }
    folder.sync()
  }
}
