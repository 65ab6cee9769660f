internal import CoreIO
internal import CoreModel
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// How many crashes a minute are kept, and the count of those that are not. In pipe mode each crash has a process of its own,
/// so both stand in files of the store; where those can't be written, in memory until they can.
final class CrashLimits: Sendable {
  private struct Memory {
    var recent = RecentCrashes()
    /// Those that are not in the file yet.
    var skipped = SkippedCrashes()
  }

  private let folder: StoreFolder
  private let options: StoreOptions
  private let memory = Mutex(Memory())

  static let skippedName: FilePath.Component = "skipped.json"
  /// Its lock is for both files.
  private static let recentName: FilePath.Component = ".recent-crashes"
  /// In seconds. A crash is not to wait for the count of others.
  private static let patience = 0.5

  init(_ folder: StoreFolder, _ options: StoreOptions) {
    self.folder = folder
    self.options = options
  }

  /// Whether a crash may be kept. One that may not is counted.
  func admit(_ record: CaptureRecord) -> Bool {
    guard options.perMinute > 0 || options.perProgram > 0 else { return true }
    return memory.withLock { memory in
      let file = lockedFile()
      defer { try? file?.close() }
      if let file, let text = Self.contents(of: file, most: RecentCrashes.longestText) {
        memory.recent = RecentCrashes(text: text)
      }
      let isAdmitted = memory.recent.admit(record, options)
      if isAdmitted {
        if let file { Self.write(memory.recent.text, to: file) }
      } else {
        memory.skipped.add(record, .limits)
        if file != nil, save(memory.skipped) { memory.skipped = SkippedCrashes() }
      }
      return isAdmitted
    }
  }

  /// Counts a crash that was admitted, and for which there was no room. Whether that is written down: it may be later.
  func countWithoutRoom(_ record: CaptureRecord) -> Bool {
    memory.withLock { memory in
      memory.skipped.add(record, .room)
      return save(&memory)
    }
  }

  private func lockedFile() -> FileDescriptor? {
    guard let file = try? folder.open(Self.recentName, O_RDWR | O_CREAT) else { return nil }
    let path = folder.path.appending(Self.recentName)
    // In a folder for all somebody else may have made it.
    guard let identity = try? FileIdentity(of: file, path: path), identity.isRegular,
      identity.owner == geteuid(),
      (try? FileLock.take(.exclusive, on: file, path, patience: Self.patience)) == true
    else {
      try? file.close()
      return nil
    }
    return file
  }

  /// Writes down those that could not be before.
  func save() {
    memory.withLock { memory in
      if memory.skipped.count > 0 { _ = save(&memory) }
    }
  }

  private func save(_ memory: inout Memory) -> Bool {
    guard let file = lockedFile() else { return false }
    defer { try? file.close() }
    guard save(memory.skipped) else { return false }
    memory.skipped = SkippedCrashes()
    return true
  }

  private func save(_ more: SkippedCrashes) -> Bool {
    var skipped = Self.skipped(in: folder, ownedBy: geteuid()) ?? SkippedCrashes()
    skipped.add(more)
    return folder.replace(Self.skippedName, with: Array((skipped.json.line + "\n").utf8))
  }

  /// What the file of a store tells; nil where there is none, or none that can be read.
  ///
  /// - Parameter owner: whose file it has to be; nil for anybody's.
  static func skipped(in folder: StoreFolder, ownedBy owner: UInt32? = nil) -> SkippedCrashes? {
    guard let file = try? folder.open(skippedName) else { return nil }
    defer { try? file.close() }
    guard let identity = try? FileIdentity(of: file, path: folder.path), identity.isRegular,
      owner == nil || identity.owner == owner,
      let text = contents(of: file, most: SkippedCrashes.longestText)
    else { return nil }
    return SkippedCrashes(text: text)
  }

  /// All of a file; nil where it can't be read, or has more bytes.
  private static func contents(of file: FileDescriptor, most: Int) -> [UInt8]? {
    guard let size = try? FileIdentity(of: file, path: "").size, size <= UInt64(most),
      let source = try? InputFile(reading: file, named: "", size: size)
    else { return nil }
    return try? source.bytes(at: 0, count: Int(size))
  }

  private static func write(_ text: [UInt8], to file: FileDescriptor) {
    guard (try? file.writeAll(toAbsoluteOffset: 0, text)) != nil else { return }
    ftruncate(file.rawValue, off_t(text.count))
  }
}
