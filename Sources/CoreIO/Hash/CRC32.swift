internal import CZlib

/// The CRC of ISO 3309, by which an image knows its file of debug information (.gnu_debuglink).
package struct CRC32: Sendable {
  private var state: UInt = 0

  package init() {}

  package var value: UInt32 { UInt32(truncatingIfNeeded: state) }

  package mutating func add(_ bytes: [UInt8]) {
    // Of no bytes at all zlib makes a beginning.
    guard !bytes.isEmpty else { return }
    state = unsafe bytes.withUnsafeBufferPointer {
      unsafe crc32_z(state, $0.baseAddress, $0.count)
    }
  }
}
