import Glibc
import Synchronization
import SystemPackage

/// Settings under `/proc/sys` that a test needs changed for a while.
///
/// A lock file keeps tests from changing them under each other, in this process and in others: who
/// needs a change holds it alone, who only needs things to stay as they are shares it. What was
/// changed is put back at once afterwards, or when the process exits.
public enum KernelSettings {
  /// Runs `body` while every setting has the wanted value.
  ///
  /// - Parameter wanted: names as sysctl(8) has them, with their values:
  ///   `["kernel.core_pattern": "core"]`.
  /// - Returns: what `body` returns. Throws if a setting is another one and can't be changed.
  public static func with<Value>(_ wanted: [String: String], _ body: () throws -> Value) throws
    -> Value
  {
    let lock = try Lock()
    defer { lock.close() }
    try lock.take(alone: false)
    if differences(from: wanted).isEmpty { return try body() }
    lock.release()
    try lock.take(alone: true)

    let former = differences(from: wanted)
    _ = restorationAtExit
    defer { restore(former) }
    for (name, value) in former {
      changed.withLock { $0[name] = value }
      guard set(name, to: wanted[name] ?? "") else {
        throw ReferenceError(
          "\(name) is \"\(value)\", \"\(wanted[name] ?? "")\" is needed, and it can't be set")
      }
    }
    return try body()
  }

  /// True if every setting has the wanted value, or can be given it.
  static func canHold(_ wanted: [String: String]) -> Bool {
    differences(from: wanted).keys.allSatisfy { name in
      guard let file = try? FileDescriptor.open(path(name), .writeOnly) else { return false }
      try? file.close()
      return true
    }
  }

  /// The value of a setting now, without the line's end; nil if this kernel doesn't have it.
  public static func value(of name: String) -> String? {
    guard let bytes = try? ReferenceSource.contents(of: path(name)) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// The settings that are not as wanted, with the values that they have.
  private static func differences(from wanted: [String: String]) -> [String: String] {
    var found: [String: String] = [:]
    for (name, value) in wanted {
      let now = Self.value(of: name) ?? ""
      if now != value { found[name] = now }
    }
    return found
  }

  private static let changed = Mutex<[String: String]>([:])
  private static let restorationAtExit: Void = {
    atexit { KernelSettings.restore(KernelSettings.changed.withLock { $0 }) }
  }()

  private static func restore(_ former: [String: String]) {
    for (name, value) in former {
      if self.value(of: name) != value { _ = set(name, to: value) }
      changed.withLock { $0[name] = nil }
    }
  }

  private static func path(_ name: String) -> FilePath {
    FilePath("/proc/sys").appending(String(name.map { $0 == "." ? "/" : $0 }))
  }

  private static func set(_ name: String, to value: String) -> Bool {
    guard let file = try? FileDescriptor.open(path(name), .writeOnly) else { return false }
    defer { try? file.close() }
    _ = try? file.writeAll((value + "\n").utf8)
    return self.value(of: name) == value
  }

  /// The lock file. `flock` locks of two descriptors exclude each other within a process too.
  private struct Lock {
    let file: FileDescriptor

    init() throws {
      let path: FilePath = "/tmp/coresalvage-test-settings.lock"
      // Creating comes second: fs.protected_regular forbids O_CREAT on another user's file in /tmp.
      if let existing = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) {
        file = existing
        return
      }
      file = try FileDescriptor.open(
        path, .readOnly, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    }

    func take(alone: Bool) throws {
      while flock(file.rawValue, alone ? LOCK_EX : LOCK_SH) != 0 {
        guard errno == EINTR else { throw ReferenceError.system("flock", errno) }
      }
    }

    func release() { flock(file.rawValue, LOCK_UN) }

    /// Releases it too.
    func close() { try? file.close() }
  }
}
