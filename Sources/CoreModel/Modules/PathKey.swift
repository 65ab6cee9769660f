/// A path as a key: its bytes are hashed in one step, and not one by one.
package struct PathKey: Hashable {
  let bytes: [UInt8]

  package init(_ path: [UInt8]) { bytes = path }

  package func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}
