internal import CoreIO
internal import Glibc
internal import SystemPackage

/// A part of the kernel's tracing for us alone, with buffers and switches of its own.
///
/// It exists as a folder: whoever is killed leaves it behind, and the next of us takes it away.
struct TraceInstance: Sendable {
  let folder: FilePath
  /// trace_pipe, which never waits.
  let pipe: FileDescriptor

  private static let name = "coresalvage"

  /// Where tracefs can be, with a folder for instances; nil where it isn't mounted or not for us.
  static var place: FilePath? {
    [FilePath("/sys/kernel/tracing/instances"), "/sys/kernel/debug/tracing/instances"].first {
      unsafe $0.withPlatformString { unsafe access($0, W_OK) == 0 }
    }
  }

  /// Makes one and turns it on.
  static func make(in place: FilePath) throws(SalvageError) -> TraceInstance {
    // One that is being made is not in use yet, and would pass for one that was left.
    try StateFolder.locked(place) { () throws(SalvageError) in
      removeLeft(in: place)
      let folder = try makeFolder(in: place)
      do throws(SalvageError) {
        return try TraceInstance(turningOn: folder)
      } catch {
        _ = remove(folder)
        throw error
      }
    }
  }

  private init(turningOn folder: FilePath) throws(SalvageError) {
    self.folder = folder
    try Self.write("mono", to: folder.appending("trace_clock"))
    // Readers are woken by the first event; by default by a buffer half full. Older kernels have no such file.
    try? Self.write("0", to: folder.appending("buffer_percent"))
    try? Self.write("1", to: folder.appending("options/record-tgid"))
    let signals = folder.appending("events/signal/signal_generate")
    try Self.write("sig==9", to: signals.appending("filter"))
    do {
      pipe = try FileDescriptor.open(
        folder.appending("trace_pipe"), .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw SalvageError(
        .io(CoreIO.errno(of: error), call: "open"), file: folder.appending("trace_pipe"))
    }
    // Who was chosen by the OOM killer is told by itself; without that it would pass for a namespace's end.
    do throws(SalvageError) {
      try Self.write("1", to: folder.appending("events/oom/mark_victim/enable"))
      try Self.write("1", to: signals.appending("enable"))
    } catch {
      try? pipe.close()
      throw error
    }
  }

  /// Takes it away, with all that it still holds.
  func remove() {
    try? pipe.close()
    _ = Self.remove(folder)
  }

  /// Takes away what those of us left who were killed. One that is in use stays: the kernel sees to that.
  static func removeStale(in place: FilePath) {
    try? StateFolder.locked(place) { () throws(SalvageError) in removeLeft(in: place) }
  }

  private static func removeLeft(in place: FilePath) {
    guard let folder = try? WalkedFolder(place, relativePath: "") else { return }
    var names: [String] = []
    while let (component, _) = try? folder.next() { names.append(component.string) }
    for entry in names where entry == name || entry.hasPrefix(name + "-") {
      let owner = entry.dropFirst(name.count + 1).prefix { $0 != "-" }
      // The one without a number is busy as long as its owner lives.
      guard owner.isEmpty || Int32(owner).map({ kill($0, 0) != 0 && Glibc.errno == ESRCH }) == true
      else { continue }
      _ = remove(place.appending(entry))
    }
  }

  /// Makes one beside it, for the use of this process: see `ExitTrace`.
  static func makeBeside(in place: FilePath, for use: String) -> FilePath? {
    for number in 1...3 {
      let folder = place.appending("\(name)-\(getpid())-\(use)-\(number)")
      if unsafe folder.withPlatformString({ unsafe mkdir($0, 0o700) }) == 0 { return folder }
    }
    return nil
  }

  private static func makeFolder(in place: FilePath) throws(SalvageError) -> FilePath {
    let own = "\(name)-\(getpid())"
    for candidate in [name, own, own + "-2", own + "-3"] {
      let folder = place.appending(candidate)
      if unsafe folder.withPlatformString({ unsafe mkdir($0, 0o700) }) == 0 { return folder }
      guard Glibc.errno == EEXIST else { break }
    }
    throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "mkdir"), file: place)
  }

  @discardableResult
  static func remove(_ folder: FilePath) -> Bool {
    unsafe folder.withPlatformString { unsafe rmdir($0) } == 0
  }

  static func write(_ text: String, to path: FilePath) throws(SalvageError) {
    do {
      let file = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
    } catch {
      throw SalvageError(.io(CoreIO.errno(of: error), call: "write"), file: path)
    }
  }
}
