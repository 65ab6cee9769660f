internal import CArchive
internal import Glibc
package import SystemPackage

/// A tar archive in the making, written front to back by libarchive.
///
/// The same members give the same bytes: no member has an owner, a group or a time that was not given.
@safe package final class TarWriter {
  /// What the whole of it is packed in.
  package enum Packing: Sendable { case none, gzip, zstd }

  /// Takes the archive's bytes, in order.
  package typealias Sink = (UnsafeRawBufferPointer) throws(SalvageError) -> Void

  /// What libarchive's callback is given.
  @safe private final class Output {
    let write: Sink
    var error: SalvageError?

    init(_ write: @escaping Sink) { unsafe self.write = write }
  }

  private let archive: OpaquePointer
  private let output: Output
  /// What packs the archive, where libarchive does not.
  private let packer: ZstdWriter?
  private let path: FilePath
  /// When all that is in it was last written to, in seconds.
  private let time: Int
  private let zeros = [UInt8](repeating: 0, count: TarWriter.chunkSize)

  private static let chunkSize = 1 << 20
  /// Shorter holes are written as zeros: each has a line in a list.
  private static let leastHole: UInt64 = 1 << 20
  private static let mostHoles: UInt64 = 1 << 16

  /// - Parameter path: the name for messages.
  package init(
    _ packing: Packing, path: FilePath, time: Int64, to write: @escaping Sink
  ) throws(SalvageError) {
    guard let archive = unsafe archive_write_new() else {
      throw SalvageError(.io(.noMemory, call: "archive_write_new"), file: path)
    }
    unsafe self.archive = archive
    self.path = path
    self.time = Int(time)
    let packer = packing == .zstd ? try unsafe ZstdWriter(path: path, to: write) : nil
    self.packer = packer
    if let packer {
      output = unsafe Output { (bytes) throws(SalvageError) in try unsafe packer.append(bytes) }
    } else {
      output = unsafe Output(write)
    }
    // Only with this have long names, sizes past 8 GiB and holes their place; `tar` and libarchive read it.
    try check(unsafe archive_write_set_format_pax_restricted(archive))
    switch packing {
    case .none, .zstd: try check(unsafe archive_write_add_filter_none(archive))
    case .gzip:
      try check(unsafe archive_write_add_filter_gzip(archive))
      // It would put the time of day into its header.
      try check(unsafe archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
    }
    // Nothing after the end of a packed stream: its decoders call that garbage.
    try check(unsafe archive_write_set_bytes_in_last_block(archive, 1))
    try check(
      unsafe archive_write_open(
        archive, Unmanaged.passUnretained(output).toOpaque(), nil,
        { _, output, bytes, count in
          guard let output = unsafe output, let bytes = unsafe bytes else { return -1 }
          let target = unsafe Unmanaged<Output>.fromOpaque(output).takeUnretainedValue()
          do throws(SalvageError) {
            try unsafe target.write(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
          } catch {
            target.error = error
            return -1
          }
        }, nil))
  }

  deinit {
    // What is not finished is not to be completed on the way out.
    unsafe archive_write_fail(archive)
    unsafe archive_write_free(archive)
  }

  /// Adds a folder.
  package func add(folder name: [UInt8]) throws(SalvageError) {
    let entry = try Entry(name, type: S_IFDIR, mode: 0o755, time: time, path)
    try check(unsafe archive_write_header(archive, entry.pointer))
  }

  /// Adds a symbolic link.
  package func add(link name: [UInt8], to target: [UInt8]) throws(SalvageError) {
    let entry = try Entry(name, type: S_IFLNK, mode: 0o777, time: time, path)
    unsafe target.withCString { unsafe archive_entry_set_symlink(entry.pointer, $0) }
    try check(unsafe archive_write_header(archive, entry.pointer))
  }

  /// Adds a file. Its holes stay holes. `advance` is told how much of it is done.
  package func add(
    file name: [UInt8], mode: UInt32, _ source: any ByteSource,
    advance: (UInt64) throws(SalvageError) -> Void = { _ in }
  ) throws(SalvageError) {
    let entry = try Entry(name, type: S_IFREG, mode: mode, time: time, path)
    unsafe archive_entry_set_size(entry.pointer, Int64(clamping: source.size))
    let data = source.dataExtents(
      leastHole: max(Self.leastHole, source.size / Self.mostHoles))
    if data != [0..<source.size], source.size > 0 {
      for extent in data.isEmpty ? [source.size..<source.size] : data {
        unsafe archive_entry_sparse_add_entry(
          entry.pointer, Int64(clamping: extent.lowerBound), Int64(clamping: extent.length))
      }
    }
    try check(unsafe archive_write_header(archive, entry.pointer))
    var position: UInt64 = 0
    for extent in data {
      try putHole(extent.lowerBound - position)
      position = extent.lowerBound
      while position < extent.upperBound {
        let count = Int(min(extent.upperBound - position, UInt64(Self.chunkSize)))
        let bytes = try source.bytes(at: position, count: count)
        guard bytes.count == count else {
          throw SalvageError.becameShorter(source.path, at: position + UInt64(bytes.count))
        }
        try put(bytes[...])
        position += UInt64(count)
        try advance(position)
      }
    }
    try putHole(source.size - position)
    try advance(source.size)
  }

  /// Writes its end. Without this it is none.
  package func finish() throws(SalvageError) {
    try check(unsafe archive_write_close(archive))
    try packer?.finish()
  }

  /// libarchive counts these bytes, and looks at none of them.
  private func putHole(_ length: UInt64) throws(SalvageError) {
    var left = length
    while left > 0 {
      let count = Int(min(left, UInt64(zeros.count)))
      try put(zeros[..<count])
      left -= UInt64(count)
    }
  }

  private func put(_ bytes: ArraySlice<UInt8>) throws(SalvageError) {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe archive_write_data(archive, $0.baseAddress, $0.count)
    }
    guard count != bytes.count else { return }
    try check(count < 0 ? Int32(clamping: count) : ARCHIVE_FATAL)
  }

  /// A warning is about a name that is no UTF-8: it goes in as it is, marked as such.
  private func check(_ result: Int32) throws(SalvageError) {
    guard result < ARCHIVE_WARN else { return }
    if let error = output.error { throw error }
    let errno = Errno(rawValue: unsafe archive_errno(archive))
    throw SalvageError(
      .io(errno.rawValue > 0 ? errno : .ioError, call: "write a tar archive"), file: path)
  }

  /// A member's header.
  @safe private final class Entry {
    let pointer: OpaquePointer

    init(
      _ name: [UInt8], type: mode_t, mode: UInt32, time: Int, _ path: FilePath
    ) throws(SalvageError) {
      guard let entry = unsafe archive_entry_new() else {
        throw SalvageError(.io(.noMemory, call: "archive_entry_new"), file: path)
      }
      unsafe pointer = entry
      unsafe name.withCString { unsafe archive_entry_set_pathname(entry, $0) }
      unsafe archive_entry_set_filetype(entry, type)
      unsafe archive_entry_set_perm(entry, mode)
      unsafe archive_entry_set_mtime(entry, time, 0)
    }

    deinit { unsafe archive_entry_free(pointer) }
  }
}

extension [UInt8] {
  /// Up to the first NUL, as C takes it.
  fileprivate func withCString(_ body: (UnsafePointer<CChar>) -> Void) {
    let text = prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    unsafe text.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { unsafe body(start) }
    }
  }
}
