internal import CLinux
internal import Glibc
package import SystemPackage

/// A file that is open for writing at any place.
package protocol WritableFile: AnyObject, Sendable {
  /// The name for messages.
  var path: FilePath { get }
  var descriptor: FileDescriptor { get }
  /// Writes all bytes at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError)
}

extension WritableFile {
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    unsafe try writeAll(bytes, at: offset)
  }

  /// Writes all bytes at `offset`, whatever `write` does besides.
  package func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
      do {
        done += try unsafe descriptor.writeAll(
          toAbsoluteOffset: Int64(clamping: offset + UInt64(done)), rest)
      } catch {
        throw SalvageError(.io(errno(of: error), call: "write"), file: path)
      }
    }
  }

  package func write(_ bytes: [UInt8], at offset: UInt64) throws(SalvageError) {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(SalvageError) in unsafe try write(buffer, at: offset) }
    }
    try result.get()
  }

  /// Makes the file so long; what is new is a hole.
  package func resize(to size: UInt64) throws(SalvageError) {
    guard ftruncate(descriptor.rawValue, off_t(clamping: size)) == 0 else {
      throw failure("resize")
    }
  }

  package func failure(_ call: String) -> SalvageError {
    SalvageError(.io(Errno(rawValue: Glibc.errno), call: call), file: path)
  }

  /// Shares all data of the input; false where the file system can't.
  package func clone(_ input: InputFile) -> Bool {
    linux_clone(input.descriptor.rawValue, descriptor.rawValue) == 0
  }

  /// Lets the disk begin with a range, so that the sync at the end has less to wait for.
  package func startWriteback(_ range: Range<UInt64>) {
    _ = linux_start_writeback(
      descriptor.rawValue, off_t(clamping: range.lowerBound), off_t(clamping: range.length))
  }

  /// Waits until a range is on the disk, and leaves it out of the page cache. The kernel tells an error of writing it here,
  /// and not again when all is synced.
  package func finishWriteback(_ range: Range<UInt64>) throws(SalvageError) {
    let error = Errno(
      rawValue: linux_finish_writeback(
        descriptor.rawValue, off_t(clamping: range.lowerBound), off_t(clamping: range.length)))
    switch error.rawValue {
    // Done, or a file system that doesn't know the call.
    case 0, EINVAL, ESPIPE, ENOSYS, EOPNOTSUPP: return
    default: throw SalvageError(.io(error, call: "sync"), file: path)
    }
  }

  /// Makes a range zeros, as a hole where that can be had.
  package func clear(_ range: Range<UInt64>) throws(SalvageError) {
    let isDone = linux_punch_hole(
      descriptor.rawValue, off_t(clamping: range.lowerBound), off_t(clamping: range.length))
    if isDone != 0 { try writeZeros(range) }
  }

  /// Writes real zeros.
  package func writeZeros(_ range: Range<UInt64>) throws(SalvageError) {
    let zeros = [UInt8](repeating: 0, count: 1 << 18)
    var position = range.lowerBound
    while position < range.upperBound {
      let count = min(UInt64(zeros.count), range.upperBound - position)
      try write(count == zeros.count ? zeros : Array(zeros[..<Int(count)]), at: position)
      position += count
    }
  }

  /// Writes a range of an input to another place. Holes stay holes: a note can claim gigabytes of one.
  package func copy(
    _ range: Range<UInt64>, of source: any ByteSource, to offset: UInt64
  ) throws(SalvageError) {
    var position = range.lowerBound
    func clear(upTo end: UInt64) throws(SalvageError) {
      guard position < end else { return }
      let start = offset + (position - range.lowerBound)
      try self.clear(start..<start + (end - position))
      position = end
    }
    while position < range.upperBound {
      let data = source.firstData(in: position..<range.upperBound)
      try clear(upTo: data?.lowerBound ?? range.upperBound)
      guard let data else { return }
      let count = Int(min(data.length, 1 << 18))
      let bytes = try source.bytes(at: position, count: count)
      guard bytes.count == count else {
        throw SalvageError.becameShorter(source.path, at: position + UInt64(bytes.count))
      }
      try write(bytes, at: offset + (position - range.lowerBound))
      position += UInt64(count)
    }
  }
}
