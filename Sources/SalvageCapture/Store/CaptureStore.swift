internal import CLinux
public import CoreIO
package import CoreModel
internal import ELFCore
internal import Glibc
internal import Synchronization
public import SystemPackage

/// A folder of captured cores: their names, who may read them, how many there may be.
///
/// Only regular files that are named as a store names them, and belong to us, are counted or removed; links are not followed.
/// Several processes may keep cores in one store.
public final class CaptureStore: Sendable {
  package let folder: FilePath
  private let opened: StoreFolder
  private let options: StoreOptions
  private let limits: CrashLimits
  private let archiving: ArchiveWork
  /// What was given out by `names`, and has not come back by `finished`.
  private let taken = Mutex<Set<String>>([])

  /// Opens the folder, and makes it where it is not there; the folder above must be. Throws where that can't be done, or where
  /// others could change what is in it.
  public init(_ folder: FilePath, _ options: StoreOptions = StoreOptions()) throws(SalvageError) {
    self.folder = folder
    self.options = options
    opened = try StoreFolder(keeping: folder)
    limits = CrashLimits(opened, options)
    archiving = ArchiveWork(opened)
  }

  // MARK: Before a capture

  /// Whether a crash is to be kept. One that is not is counted in the store.
  package func admit(_ record: CaptureRecord) -> Bool { limits.admit(record) }

  /// Names that nothing in the store has.
  package func names(for record: CaptureRecord) -> CaptureName {
    let unfinished = free(StoredName(record, .unfinished), [.unfinished])
    let finished = free(StoredName(record, .core), [.core, .archive])
    return CaptureName(
      unfinished: folder.appending(unfinished.text), finished: folder.appending(finished.text))
  }

  /// More crashes of one process in one microsecond than this are none.
  private static let mostNumbers = 1000
  private static let mostTaken = 4096

  /// The first of a name's numbers for which none of these forms is there, or is to come.
  private func free(_ name: StoredName, _ forms: [StoredName.Form]) -> StoredName {
    taken.withLock { taken in
      // Captures that failed don't say so.
      if taken.count >= Self.mostTaken { taken = [] }
      var name = name
      while name.number < Self.mostNumbers {
        let isTaken = forms.contains { form in
          let text = name.with(form).text
          return taken.contains(text)
            || FilePath.Component(text).flatMap(opened.identity) != nil
        }
        guard isTaken else { break }
        name.number += 1
      }
      taken.insert(name.text)
      return name
    }
  }

  /// Lets the user whose process it was read a core, beside its owner: see `CoreAccess`.
  package func grantAccess(to descriptor: FileDescriptor, for record: CaptureRecord) {
    CoreAccess.grant(to: descriptor, for: record)
  }

  // MARK: Room

  /// Removes the oldest cores until the limits hold, and what killed archivers have left.
  package func makeRoom() {
    clean()
    let vacuum = Vacuum(now: Moment.now.microseconds, options: options, room: opened.room)
    let removals = vacuum.removals(from: opened.files())
    for file in removals { opened.remove(file.component, file.identity) }
    if !removals.isEmpty { opened.sync() }
  }

  /// Temporary files whose writers are gone.
  private func clean() {
    for (name, kind) in (try? opened.names()) ?? [] where kind == S_IFREG {
      guard let (stem, _) = TemporaryName.parts(of: name), let own = FilePath.Component(stem),
        StoredName.form(of: own) != nil, let identity = opened.identity(name),
        identity.owner == geteuid(), isLeft(name)
      else { continue }
      opened.remove(name, identity)
    }
  }

  /// Whether nobody holds the lock of a file. Without locks nobody can tell.
  private func isLeft(_ name: FilePath.Component) -> Bool {
    guard let file = try? opened.open(name) else { return false }
    defer { try? file.close() }
    return linux_lock(file.rawValue) == 0
  }

  /// How many bytes may be written now.
  package func roomLeft() -> UInt64 {
    var left = opened.room.map { $0.free -| options.freeShare(of: $0.size) } ?? .max
    if let maxUse = options.maxUse {
      let used = opened.files().reduce(0) { $0 +| $1.allocated }
      left = min(left, maxUse -| used)
    }
    return left
  }

  // MARK: After a capture

  /// Counts a crash for which there was no room; false where there was none for that either.
  package func countWithoutRoom(_ record: CaptureRecord) -> Bool {
    limits.countWithoutRoom(record)
  }

  /// A core stands under its final name.
  package func finished(_ path: FilePath, _ record: CaptureRecord) {
    opened.sync()
    taken.withLock { taken in
      if let name = path.lastComponent?.string { taken.remove(name) }
      taken.remove(StoredName(record, .unfinished).text)
    }
    makeRoom()
    if options.archive { archiving.begin() }
  }

  /// Waits until all cores that are complete are archived, where they are to be.
  package func drain() {
    archiving.drain()
    limits.save()
  }

  /// Cores that nobody is taking any more: their daemon was killed.
  package func unfinished() -> [FilePath] {
    opened.files().filter { $0.name.form == .unfinished && isLeft($0.component) }
      .sorted { $0.name.time < $1.name.time }
      .map { folder.appending($0.component) }
  }
}
