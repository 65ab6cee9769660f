internal import Glibc
package import SystemPackage

/// What a batch is going to do, counted before it begins.
public struct BatchSurvey: Hashable, Sendable {
  /// Files that are looked at.
  public internal(set) var files: UInt64 = 0
  /// Cores whose output is to be written.
  public internal(set) var cores: UInt64 = 0
  /// Their bytes.
  public internal(set) var bytes: UInt64 = 0
  /// Those of them that are packed: what they will take is counted as what they take packed, and they will take more.
  public internal(set) var packed: UInt64 = 0
  /// Cores whose output is there already; whether it is of the same input is only seen when it is their turn.
  public internal(set) var present: UInt64 = 0
  /// What the outputs will take on the disk, in bytes, at the most.
  public internal(set) var toWrite: UInt64 = 0
  /// What is free where they go; nil where that can't be asked.
  public internal(set) var free: UInt64?

  /// Whether all outputs have room; true too where nobody can tell.
  public var hasRoom: Bool { free.map { toWrite <= $0 } ?? true }

  /// Nothing counted yet.
  public init() {}

  /// What whoever we are may still write into a folder.
  package static func freeSpace(in folder: FilePath) -> UInt64? {
    var status = statvfs()
    guard unsafe folder.withPlatformString({ unsafe statvfs($0, &status) }) == 0 else { return nil }
    return UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
      .partialValue
  }
}
