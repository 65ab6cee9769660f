package import CoreIO
internal import Glibc
package import SystemPackage

/// A file that is changed where it stands. Every change is a step, so that tests can let the process "die" at each.
package final class InPlaceFile: WritableFile {
  /// Where a test lets the process die: at that step, counted from 0, of which the first half may still be done.
  package struct Fault: Sendable {
    package let step: Int
    package let isTorn: Bool

    package init(step: Int, isTorn: Bool) {
      self.step = step
      self.isTorn = isTorn
    }
  }

  package let path: FilePath
  package let descriptor: FileDescriptor
  package let identity: FileIdentity
  private let fault: Fault?
  private let steps = StepCounter()

  /// False where the file system has no locks.
  package let isLocked: Bool

  /// Opens a file, never through a symbolic link, and locks it until it is closed: two at once would each write into the
  /// other's work.
  ///
  /// - Parameter patience: for how many seconds somebody else's lock is waited for.
  package init(
    _ path: FilePath, patience: Double = FileLock.shortPatience, fault: Fault? = nil
  ) throws(SalvageError) {
    self.path = path
    self.fault = fault
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.closeOnExec, .noFollow, .nonBlocking])
    } catch {
      throw Self.cannotOpen(errno(of: error), path)
    }
    do throws(SalvageError) {
      let opened = try FileIdentity(of: descriptor, path: path)
      guard opened.isRegular else {
        throw SalvageError(
          .notACore(expected: "a regular file", found: opened.kindName), file: path)
      }
      isLocked = try FileLock.take(.exclusive, on: descriptor, path, patience: patience)
      identity = try FileIdentity(of: descriptor, path: path)
    } catch {
      try? descriptor.close()
      throw error
    }
  }

  private static func cannotOpen(_ errno: Errno, _ path: FilePath) -> SalvageError {
    errno == .tooManySymbolicLinkLevels
      ? SalvageError(.notInPlace(reason: "is a symbolic link; name the file itself"), file: path)
      : SalvageError(.io(errno, call: "open for writing"), file: path)
  }

  deinit { try? descriptor.close() }

  func sizeNow() throws(SalvageError) -> UInt64 {
    try FileIdentity(of: descriptor, path: path).size
  }

  var isStillWritten: SalvageError {
    SalvageError(.stillWritten(reason: "still grows: somebody writes it"), file: path)
  }

  /// All of it, or as much as is named, for reading.
  package func reading(_ size: UInt64? = nil) throws(SalvageError) -> InputFile {
    try InputFile(reading: self, named: path, size: size ?? identity.size)
  }

  /// How many steps have been done.
  package var stepCount: Int { steps.count }

  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    let isDying = try isDying()
    let part = unsafe UnsafeRawBufferPointer(
      rebasing: bytes[..<(isDying ? bytes.count / 2 : bytes.count)])
    unsafe try writeAll(part, at: offset)
    if isDying { throw death }
  }

  package func setSize(_ size: UInt64) throws(SalvageError) {
    guard try !isDying() else { throw death }
    try resize(to: size)
  }

  package func sync() throws(SalvageError) {
    guard try !isDying() else { throw death }
    guard fsync(descriptor.rawValue) == 0 else { throw failure("sync") }
  }

  /// Whether this step is the one to die in. After it, none is done.
  private func isDying() throws(SalvageError) -> Bool {
    let step = steps.next()
    guard let fault, step >= fault.step else { return false }
    guard step == fault.step, fault.isTorn else { throw death }
    return true
  }

  private var death: SalvageError {
    SalvageError(.io(.interrupted, call: "injected fault"), file: path)
  }
}
