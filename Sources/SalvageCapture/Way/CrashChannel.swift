internal import CLinux
internal import Glibc
internal import SystemPackage

/// One crash as the kernel hands it over: a stream of the core, and a process that stays until we let it go.
final class CrashChannel {
  let way: CaptureRecord.Way
  /// In the initial pid namespace.
  let processID: UInt32
  /// Can be read once the process has ended; nil where the kernel gives none.
  let process: FileDescriptor?
  /// What the core comes out of; nil once it is given up.
  private(set) var stream: FileDescriptor?
  /// Whether the user who ran it must not read its core.
  let isForRoot: Bool

  init(
    _ way: CaptureRecord.Way, processID: UInt32, process: FileDescriptor?,
    stream: FileDescriptor, isForRoot: Bool
  ) {
    self.way = way
    self.processID = processID
    self.process = process
    self.stream = stream
    self.isForRoot = isForRoot
  }

  deinit {
    release()
    try? process?.close()
  }

  /// Whether the process has ended.
  var hasEnded: Bool { process.map { linux_wait_readable($0.rawValue, 0) == 1 } ?? false }

  /// Lets the process go: nothing of it is waited for any more.
  func release() {
    guard let stream else { return }
    self.stream = nil
    switch way {
    case .socket: try? stream.close()
    // Number 0 stays taken: no other file is to get it.
    case .pipe: linux_drop_standard_input()
    }
  }

  /// Reads into the buffer as it comes; 0 at the end, or where nothing comes for so many milliseconds.
  func read(into buffer: UnsafeMutableRawBufferPointer, patience: Int32) -> Int {
    guard let stream, linux_wait_readable(stream.rawValue, patience) == 1 else { return 0 }
    return (try? unsafe stream.read(into: buffer)) ?? 0
  }

  /// The next bytes, all of them; nil where they don't come.
  func bytes(_ count: Int, patience: Int32) -> [UInt8]? {
    let bytes = bytes(upTo: count, patience: patience)
    return bytes.count == count ? bytes : nil
  }

  /// The next bytes, as many of them as come.
  func bytes(upTo count: Int, patience: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let read = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        return unsafe self.read(into: rest, patience: patience)
      }
      guard read > 0 else { break }
      done += read
    }
    bytes.removeLast(count - done)
    return bytes
  }
}
