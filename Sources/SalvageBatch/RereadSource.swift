internal import CoreIO
internal import CoreModel
internal import Salvage
internal import Synchronization
internal import SystemPackage

/// What a packed file unpacks to, unpacked once more: what was unpacked before stands in the output, which can't vouch for
/// itself. It's read from its beginning to its end; a step back begins anew.
final class RereadSource: ByteSource, @unchecked Sendable {
  let path: FilePath
  let size: UInt64
  private let file: InputFile
  /// Whoever holds it has the stream for himself.
  private let position = Mutex<UInt64>(.max)
  private var stream: (any ByteStream)?

  init(_ file: InputFile, size: UInt64) {
    self.file = file
    self.size = size
    path = file.path
  }

  /// What can't be read ends the stream.
  var unreadable: [Range<UInt64>] { [] }
  func confirmSize() throws(SalvageError) { try file.confirmSize() }

  func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size, buffer.count > 0 else { return 0 }
    let count = Int(min(UInt64(buffer.count), size - offset))
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    return position.withLock { position in
      if position > offset {
        stream = Intake.unpacked(file)?.stream
        position = 0
      }
      guard let stream, unsafe skip(stream, from: &position, to: offset, using: target) else {
        return 0
      }
      let done = unsafe stream.read(into: target)
      position += UInt64(done)
      return done
    }
  }

  /// Reads on up to `offset`; false where the stream ends before.
  private func skip(
    _ stream: any ByteStream, from position: inout UInt64, to offset: UInt64,
    using scratch: UnsafeMutableRawBufferPointer
  ) -> Bool {
    while position < offset {
      let count = Int(min(UInt64(scratch.count), offset - position))
      let done = unsafe stream.read(
        into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]))
      position += UInt64(done)
      guard done == count else { return false }
    }
    return true
  }
}
