internal import CZstd
internal import SystemPackage

/// Packs bytes into one Zstandard frame as they come, with a checksum of all of them: without it, a wrong bit is noticed about
/// half the time. libarchive's own filter makes none.
@safe final class ZstdWriter {
  /// Takes the frame's bytes, in order.
  typealias Sink = (UnsafeRawBufferPointer) throws(SalvageError) -> Void

  private let context: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer
  private let path: FilePath
  private let write: Sink

  /// zstd's own default.
  private static let level: Int32 = 3

  /// - Parameter path: the name for messages.
  init(path: FilePath, to write: @escaping Sink) throws(SalvageError) {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw SalvageError(.io(.noMemory, call: "ZSTD_createCCtx"), file: path)
    }
    unsafe self.context = context
    self.path = path
    unsafe self.write = write
    unsafe output = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
    for (name, value) in [(ZSTD_c_compressionLevel, Self.level), (ZSTD_c_checksumFlag, 1)] {
      try check(unsafe ZSTD_CCtx_setParameter(context, name, value))
    }
  }

  deinit {
    unsafe ZSTD_freeCCtx(context)
    unsafe output.deallocate()
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(SalvageError) {
    var input = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while unsafe input.pos < input.size { _ = try unsafe step(&input, ZSTD_e_continue) }
  }

  /// Ends the frame.
  func finish() throws(SalvageError) {
    var nothing = unsafe ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try unsafe step(&nothing, ZSTD_e_end) > 0 {}
  }

  /// Gives how much is left to be flushed.
  private func step(
    _ input: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective
  ) throws(SalvageError) -> Int {
    var part = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let left = try check(unsafe ZSTD_compressStream2(context, &part, &input, directive))
    if unsafe part.pos > 0 {
      try unsafe write(UnsafeRawBufferPointer(rebasing: output[..<part.pos]))
    }
    return left
  }

  @discardableResult
  private func check(_ result: Int) throws(SalvageError) -> Int {
    guard ZSTD_isError(result) == 0 else {
      let isMemory = ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation
      throw SalvageError(.io(isMemory ? .noMemory : .ioError, call: "compress by zstd"), file: path)
    }
    return result
  }
}
