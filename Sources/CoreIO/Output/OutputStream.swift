internal import CLinux
internal import Glibc
package import SystemPackage

/// An output that takes bytes one after another: standard output, a FIFO.
package final class OutputStream: Sendable {
  /// The name for messages.
  package let path: FilePath
  private let descriptor: FileDescriptor
  /// Whether it is ours to close.
  private let isOwned: Bool

  package init(
    _ descriptor: FileDescriptor, sparing inputs: InputSet, name: FilePath, closing: Bool
  ) throws(SalvageError) {
    path = name
    self.descriptor = descriptor
    isOwned = closing
    guard try !inputs.contains(FileIdentity(of: descriptor, path: name)) else {
      throw SalvageError(.outputIsInput, file: name)
    }
    // The fewer bytes a pipe holds, the more often both ends wait for each other. What can't be had, can't.
    _ = linux_set_pipe_size(descriptor.rawValue, 1 << 20)
  }

  /// One that is there anyway, for text, of which little goes there.
  init(_ descriptor: FileDescriptor, _ name: FilePath) {
    path = name
    self.descriptor = descriptor
    isOwned = false
  }

  /// A stream that somebody has opened. Refuses a file of the inputs that it would be appended to.
  package convenience init(
    _ descriptor: FileDescriptor, sparing inputs: InputSet
  ) throws(SalvageError) {
    let name: FilePath = descriptor == .standardOutput ? "standard output" : "the output"
    try self.init(descriptor, sparing: inputs, name: name, closing: false)
  }

  deinit { if isOwned { try? descriptor.close() } }

  /// Writes all of it, however long that takes: who reads may have made the stream one that doesn't wait.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SalvageError) {
    var done = 0
    while done < bytes.count {
      do {
        done += try unsafe descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
      } catch {
        guard errno(of: error).isWait else {
          throw SalvageError(.io(errno(of: error), call: "write"), file: path)
        }
        descriptor.waitUntilWritable()
      }
    }
  }

  package func write(_ bytes: [UInt8]) throws(SalvageError) {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(SalvageError) in unsafe try write(buffer) }
    }
    try result.get()
  }

  /// Writes the first `size` bytes of a file of ours.
  package func write(_ file: any WritableFile, size: UInt64) throws(SalvageError) {
    let source = try InputFile(reading: file, named: file.path, size: size)
    var position: UInt64 = 0
    while position < size {
      let bytes = try source.bytes(at: position, count: 1 << 20)
      guard !bytes.isEmpty else { throw SalvageError.becameShorter(file.path, at: position) }
      try write(bytes)
      position += UInt64(bytes.count)
    }
  }
}

extension Errno {
  /// Whether a stream that doesn't wait has nothing at the moment: no error, and no end.
  var isWait: Bool { self == .resourceTemporarilyUnavailable || self == .wouldBlock }
}

extension FileDescriptor {
  func waitUntilReadable() { wait(for: POLLIN) }
  func waitUntilWritable() { wait(for: POLLOUT) }

  /// An error or a hang-up ends the wait too: the next read or write tells of it.
  private func wait(for events: Int32) {
    var waiting = pollfd(fd: rawValue, events: Int16(events), revents: 0)
    _ = unsafe poll(&waiting, 1, -1)
  }
}
