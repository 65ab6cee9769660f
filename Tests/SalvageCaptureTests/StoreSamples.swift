import CoreModel
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

/// Stores of cores that were never captured.
enum StoreSamples {
  /// A crash of a program, so many seconds after 2025-11-29 06:27:31.
  static func record(
    _ name: String = "typical", after seconds: UInt64 = 0, user: UInt32 = 1000
  ) -> CaptureRecord {
    var record = CaptureSamples.plain
    record.time = 1_764_397_651_000_000 + seconds * 1_000_000
    record.bootID = "0123456789abcdef0123456789abcdef"
    record.name = CaptureSamples.bytes(name)
    record.program = CaptureSamples.bytes("/usr/bin/\(name)")
    record.processID = 4242
    record.userID = user
    record.signal = 11
    return record
  }

  /// A whole core of that crash.
  static func core(_ record: CaptureRecord) -> [UInt8] {
    CapturedCore(.typical(), capture: record.noteDescriptor).build()
  }

  /// Keeps one, as a capture does, and gives its path.
  @discardableResult
  static func keep(
    _ record: CaptureRecord, in store: CaptureStore, _ folder: ScratchFolder
  ) throws -> FilePath {
    let path = store.names(for: record).finished
    try folder.write(core(record), to: #require(path.lastComponent).string)
    store.finished(path, record)
    return path
  }
}
