package import SystemPackage

/// The bytes of an input, by position. What stands behind it may be a file or memory.
package protocol ByteSource: Sendable {
  /// The name for messages.
  var path: FilePath { get }
  /// How many bytes there are: the size found.
  var size: UInt64 { get }
  /// Reads into the buffer from `offset` on; fewer bytes than it holds only at the end.
  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
    -> Int
  /// The first stretch of `range` that may hold anything but zeros; nil where the rest of it is a hole.
  func firstData(in range: Range<UInt64>) -> Range<UInt64>?
  /// The bytes of a range that are in memory already; nil where they have to be read.
  func held(_ range: Range<UInt64>) -> ArraySlice<UInt8>?
  /// What could not be read so far and was given as zeros, in order. Without a default, like what follows: whoever wraps a
  /// source passes on what its base tells.
  var unreadable: [Range<UInt64>] { get }
  /// Throws where the source has lost bytes since it was opened: what was read as a hole may have been its end.
  func confirmSize() throws(SalvageError)
  /// Whether it knows by itself what of its bytes is lost.
  var isLossy: Bool { get }
  /// The file that stands behind it; nil for memory, and for what was unpacked.
  var backingFile: InputFile? { get }
}

extension ByteSource {
  /// Up to `count` bytes from `offset` on; fewer only at the end.
  package func bytes(at offset: UInt64, count: Int) throws(SalvageError) -> [UInt8] {
    guard offset < size, count > 0 else { return [] }
    let present = Int(Swift.min(UInt64(count), size - offset))
    var failure: SalvageError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: present) { buffer, count in
      do throws(SalvageError) {
        count = try unsafe read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  package func held(_ range: Range<UInt64>) -> ArraySlice<UInt8>? { nil }
  package var isLossy: Bool { false }
  package var backingFile: InputFile? { nil }

  /// What isn't known to be a hole is read: that costs time, and hides nothing.
  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? { range.isEmpty ? nil : range }
}

/// Bytes in memory as an input.
package struct MemorySource: ByteSource {
  package let path: FilePath
  package let bytes: [UInt8]

  /// Making one takes longer than to read a header.
  private static let noPath: FilePath = "memory"

  package init(_ bytes: [UInt8], path: FilePath? = nil) {
    self.bytes = bytes
    self.path = path ?? Self.noPath
  }

  package var size: UInt64 { UInt64(bytes.count) }
  /// Memory gives every byte, and loses none.
  package var unreadable: [Range<UInt64>] { [] }
  package func confirmSize() throws(SalvageError) {}

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let part = bytes[Int(offset)...].prefix(buffer.count)
    unsafe buffer.copyBytes(from: part)
    return part.count
  }
}

extension ByteSource {
  /// Fills the buffer; false where the file ends before, or the device can't read it.
  package func readable(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Bool {
    do throws(SalvageError) {
      return try unsafe read(at: offset, into: buffer) == buffer.count
    } catch {
      if case .io(.ioError, _) = error.kind { return false }
      throw error
    }
  }
}
