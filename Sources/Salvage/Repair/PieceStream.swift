internal import CLinux
internal import Glibc
internal import SystemPackage

/// Writes a plan to a pipe, piece after piece.
struct PieceStream {
  let source: any ByteSource
  let output: FileDescriptor
  let progress: Progress

  private static let chunkSize = 1 << 18

  func write(_ plan: Plan) throws(SalvageError) {
    _ = linux_set_pipe_size(output.rawValue, 1 << 20)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    for piece in plan.pieces {
      switch piece.content {
      case .bytes(let bytes):
        let result = unsafe bytes.withUnsafeBytes { bytes in
          Result { () throws(SalvageError) in unsafe try write(bytes) }
        }
        try result.get()
      case .input(let range): try unsafe copy(range, of: source, through: buffer)
      case .file(let file, let range): try unsafe copy(range, of: file.open(), through: buffer)
      case .hole(let size):
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        var left = size
        while left > 0 {
          let count = Int(min(left, UInt64(buffer.count)))
          unsafe try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
          left -= UInt64(count)
        }
      }
      progress.advance(by: piece.size, at: piece.end)
    }
  }

  private func copy(
    _ range: Range<UInt64>, of source: any ByteSource, through buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(range.upperBound - position, UInt64(buffer.count)))
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      guard try unsafe source.read(at: position, into: part) == count else {
        throw SalvageError.becameShorter(source.path, at: position)
      }
      unsafe try write(UnsafeRawBufferPointer(part))
      position += UInt64(count)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(SalvageError) {
    do {
      _ = try unsafe output.writeAll(bytes)
    } catch {
      throw SalvageError(.io(errno(of: error), call: "write"), file: "standard output")
    }
  }
}
