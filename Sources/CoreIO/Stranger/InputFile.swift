internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A regular file, opened for reading only, and never changed.
package final class InputFile: ByteSource {
  package let path: FilePath
  package let size: UInt64
  package let identity: FileIdentity
  package let descriptor: FileDescriptor
  package var backingFile: InputFile? { self }
  /// Tells of an open file and its size how many of its bytes count.
  package typealias Extent =
    (FileDescriptor, UInt64, FilePath) throws(SalvageError) -> UInt64
  /// The beginning, where it is held in memory.
  private let held = Mutex<[UInt8]>([])
  private let lacksReadingOnce = Atomic<Bool>(false)
  /// The stretch of data that was found last: most files are one, and are asked for many parts of it.
  private let data = Mutex(0..<UInt64(0))

  /// - Parameter inTurn: whether it waits for whoever repairs it in place, and lets nobody begin that while it is open. For
  ///   cores; files that a core names are not ours to lock.
  /// - Parameter extent: how many of its bytes count; all where nothing is given.
  package convenience init(
    _ path: FilePath, inTurn: Bool = false, extent: Extent? = nil
  ) throws(SalvageError) {
    let descriptor: FileDescriptor
    do {
      // Without O_NONBLOCK, opening a FIFO that nobody writes to would wait for ever.
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw SalvageError(.io(errno(of: error), call: "open"), file: path)
    }
    try self.init(owning: descriptor, path, inTurn: inTurn, extent: extent)
  }

  /// Takes the descriptor over, whatever comes of it.
  package init(
    owning descriptor: FileDescriptor, _ path: FilePath, inTurn: Bool = false,
    extent: Extent? = nil
  ) throws(SalvageError) {
    self.path = path
    do throws(SalvageError) {
      let opened = try FileIdentity(of: descriptor, path: path)
      guard opened.isRegular else {
        throw SalvageError(
          .notACore(expected: "a regular file", found: opened.kindName), file: path)
      }
      if inTurn {
        _ = try FileLock.take(.shared, on: descriptor, path, patience: FileLock.patience)
      }
      identity = try FileIdentity(of: descriptor, path: path)
      size = try extent?(descriptor, identity.size, path) ?? identity.size
    } catch {
      try? descriptor.close()
      throw error
    }
    self.descriptor = descriptor
  }

  /// What was written into a file of ours.
  package convenience init(
    reading file: any WritableFile, named path: FilePath, size: UInt64
  ) throws(SalvageError) {
    try self.init(reading: file.descriptor, named: path, size: size)
  }

  /// The first `size` bytes of a file that is open already, and stays so whatever becomes of this.
  package init(
    reading file: FileDescriptor, named path: FilePath, size: UInt64
  ) throws(SalvageError) {
    self.path = path
    self.size = size
    identity = try FileIdentity(of: file, path: path)
    do {
      descriptor = try file.duplicate()
    } catch {
      throw SalvageError(.io(errno(of: error), call: "dup"), file: path)
    }
  }

  deinit { try? descriptor.close() }

  /// Lets others repair it in place from now on.
  package func endTurn() { FileLock.release(descriptor) }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    var done = unsafe readHeld(at: offset, into: buffer)
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count: Int
      do {
        count = try unsafe read(rest, at: Int64(clamping: offset + UInt64(done)))
      } catch {
        throw SalvageError(.io(error, call: "read"), file: path, offset: offset + UInt64(done))
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// A large file is not to push everything else out of the page cache while it is copied: long reads leave there what was
  /// there, and nothing else. Short ones are of what is read again: headers, notes, stacks.
  private static let largeFile: UInt64 = 256 << 20
  private static let longRead = 256 << 10

  /// Whether long reads went through the page cache like all others, because the file system can't do otherwise.
  package var isReadPlainly: Bool { lacksReadingOnce.load(ordering: .relaxed) }

  private func read(
    _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(Errno) -> Int {
    let isLong = size >= Self.largeFile && buffer.count >= Self.longRead
    while true {
      let isOnce = isLong && !isReadPlainly
      let count =
        unsafe isOnce
        ? linux_read_once(
          descriptor.rawValue, buffer.baseAddress, UInt(buffer.count), Int(offset))
        : pread(descriptor.rawValue, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      let error = Glibc.errno
      if isOnce, error == EOPNOTSUPP {
        lacksReadingOnce.store(true, ordering: .relaxed)
        continue
      }
      guard error == EINTR else { throw Errno(rawValue: error) }
    }
  }

  /// A file of no more bytes is best read at once.
  package static let smallSize = 256 << 10

  /// Reads the beginning once for all, and a small file as a whole: every part of it is read more than once.
  package func holdBeginning(_ size: Int = smallSize) {
    guard held.withLock({ $0.isEmpty }), let bytes = try? bytes(at: 0, count: size) else { return }
    held.withLock { $0 = bytes }
    _ = firstData(in: 0..<self.size)
  }

  package func held(_ range: Range<UInt64>) -> ArraySlice<UInt8>? {
    held.withLock { held in
      range.upperBound <= UInt64(held.count)
        ? held[Int(range.lowerBound)..<Int(range.upperBound)] : nil
    }
  }

  private func readHeld(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    held.withLock { held in
      guard offset < UInt64(held.count) else { return 0 }
      let part = held[Int(offset)...].prefix(buffer.count)
      unsafe buffer.copyBytes(from: part)
      return part.count
    }
  }

  /// False where it certainly has no extended attribute: most files have none, and there are many to ask for.
  package var hasAttributes: Bool { linux_has_attributes(descriptor.rawValue) != 0 }

  /// An extended attribute; nil where there is none, or one that is too long to be text.
  package func attribute(_ name: String) -> [UInt8]? {
    var value = [UInt8](repeating: 0, count: 4096)
    let count = unsafe linux_attribute(descriptor.rawValue, name, &value, UInt(value.count))
    return count >= 0 ? Array(value[..<count]) : nil
  }

  /// The path of the open file itself, with no link in it; nil where it has none any more.
  package var ownPath: FilePath? { descriptor.ownPath }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    guard !range.isEmpty else { return nil }
    let known = data.withLock { $0 }
    if known.contains(range.lowerBound) {
      return range.lowerBound..<min(known.upperBound, range.upperBound)
    }
    let start = linux_seek_data(descriptor.rawValue, off_t(clamping: range.lowerBound))
    guard start >= 0 else {
      // ENXIO: a hole up to the end. Anything else: a file system that can't tell holes.
      return Glibc.errno == ENXIO ? nil : range
    }
    guard start < range.upperBound else { return nil }
    let end = linux_seek_hole(descriptor.rawValue, start)
    guard end > start else { return UInt64(start)..<range.upperBound }
    data.withLock { $0 = UInt64(start)..<UInt64(end) }
    return UInt64(start)..<min(UInt64(end), range.upperBound)
  }
}

extension InputFile {
  /// What can't be read is an error.
  package var unreadable: [Range<UInt64>] { [] }

  package func confirmSize() throws(SalvageError) {
    let now = try FileIdentity(of: descriptor, path: path).size
    guard now >= size else { throw SalvageError.becameShorter(path, at: now) }
  }
}

/// The error number of what a swift-system call throws: it declares no type, and throws nothing else.
package func errno(of error: any Error) -> Errno { error as? Errno ?? .ioError }
