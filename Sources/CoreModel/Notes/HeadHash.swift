internal import CXXHash
internal import CoreIO

/// XXH3 of 128 bits over a stream of bytes.
@safe package final class HeadHash {
  private let state: OpaquePointer?

  package init() {
    unsafe state = XXH3_createState()
    _ = unsafe XXH3_128bits_reset(state)
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  package func update(_ bytes: [UInt8]) {
    _ = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits_update(state, $0.baseAddress, $0.count) }
  }

  package var value: (low: UInt64, high: UInt64) {
    let digest = unsafe XXH3_128bits_digest(state)
    return (digest.low64, digest.high64)
  }

  var hexadecimalDigest: String {
    hexadecimal(value.high, digits: 16) + hexadecimal(value.low, digits: 16)
  }
}
