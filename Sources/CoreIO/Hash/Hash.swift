internal import CXXHash

/// The hashes of what we write and compare: XXH32 and XXH3, which give the same on every machine. None of them keeps a
/// forger out.
package enum Hash {
  /// XXH3 of 64 bits.
  package static func of64(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
  }

  /// XXH32.
  package static func of32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe XXH32(bytes.baseAddress, bytes.count, 0)
  }
}

/// XXH3 of 128 bits over a stream of bytes.
@safe package final class Hash128 {
  private let state: OpaquePointer?

  package init() {
    unsafe state = XXH3_createState()
    _ = unsafe XXH3_128bits_reset(state)
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  package func update(_ bytes: [UInt8]) { update(bytes[...]) }

  package func update(_ bytes: ArraySlice<UInt8>) {
    _ = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits_update(state, $0.baseAddress, $0.count) }
  }

  package var value: (low: UInt64, high: UInt64) {
    let digest = unsafe XXH3_128bits_digest(state)
    return (digest.low64, digest.high64)
  }
}

/// XXH32 over a stream of bytes: the content checksum of an LZ4 frame.
@safe package final class Hash32 {
  private let state: OpaquePointer?

  package init() {
    unsafe state = XXH32_createState()
    reset()
  }

  deinit { _ = unsafe XXH32_freeState(state) }

  package func reset() { _ = unsafe XXH32_reset(state, 0) }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    _ = unsafe XXH32_update(state, bytes.baseAddress, bytes.count)
  }

  package var value: UInt32 { unsafe XXH32_digest(state) }
}
