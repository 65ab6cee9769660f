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

  /// Opens a file, never through a symbolic link.
  package init(_ path: FilePath, fault: Fault? = nil) throws(SalvageError) {
    self.path = path
    self.fault = fault
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.closeOnExec, .noFollow, .nonBlocking])
    } catch {
      throw Self.cannotOpen(errno(of: error), path)
    }
    do throws(SalvageError) {
      identity = try FileIdentity(of: descriptor, path: path)
      guard identity.isRegular else {
        throw SalvageError(
          .notACore(expected: "a regular file", found: identity.kindName), file: path)
      }
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
