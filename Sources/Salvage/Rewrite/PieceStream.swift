package import CoreIO
internal import CoreModel

/// Writes a plan to a stream, piece after piece.
package struct PieceStream {
  package let source: any ByteSource
  package let output: OutputStream
  package let progress: WorkProgress

  package init(source: any ByteSource, output: OutputStream, progress: WorkProgress) {
    self.source = source
    self.output = output
    self.progress = progress
  }

  private static let chunkSize = 1 << 18

  package func write(_ plan: Plan) throws(SalvageError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    for piece in plan.pieces {
      var position = piece.offset
      func put(_ bytes: UnsafeRawBufferPointer) throws(SalvageError) {
        try unsafe output.write(bytes)
        position += UInt64(bytes.count)
        try progress.advance(to: position)
      }
      switch piece.content {
      case .bytes(let bytes):
        try output.write(bytes)
        try progress.advance(to: piece.end)
      case .made(let made):
        try made.forEachPart { (part: [UInt8]) throws(SalvageError) in
          try output.write(part)
          position += UInt64(part.count)
          try progress.advance(to: position)
        }
      case .input(let range): try unsafe copy(range, of: source, through: buffer, put)
      case .file(let file, let range): try unsafe copy(range, of: file.open(), through: buffer, put)
      case .hole(let size):
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        var left = size
        while left > 0 {
          let count = Int(min(left, UInt64(buffer.count)))
          try unsafe put(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
          left -= UInt64(count)
        }
      }
    }
  }

  private func copy(
    _ range: Range<UInt64>, of source: any ByteSource,
    through buffer: UnsafeMutableRawBufferPointer,
    _ put: (UnsafeRawBufferPointer) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(range.upperBound - position, UInt64(buffer.count)))
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      guard try unsafe source.read(at: position, into: part) == count else {
        throw SalvageError.becameShorter(source.path, at: position)
      }
      try unsafe put(UnsafeRawBufferPointer(part))
      position += UInt64(count)
    }
  }
}
