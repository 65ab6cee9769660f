import Glibc

// A debug build takes some 20 ns for each byte that it looks at by itself, and whole cores are compared.

extension [UInt8] {
  /// Equality at the speed of memory, also in a debug build.
  public func isIdentical(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBytes { own in
      other.withUnsafeBytes { other in
        guard let own = own.baseAddress, let other = other.baseAddress else { return true }
        return memcmp(own, other, count) == 0
      }
    }
  }

  /// What tests mean by `==`: the standard library's is the same, a byte at a time.
  public static func == (own: [UInt8], other: [UInt8]) -> Bool { own.isIdentical(to: other) }
  public static func != (own: [UInt8], other: [UInt8]) -> Bool { !own.isIdentical(to: other) }

  /// The same of `starts`.
  public func starts(with other: [UInt8]) -> Bool { has(other, at: 0) }

  /// Whether other bytes stand there.
  public func has(_ other: [UInt8], at place: Int) -> Bool {
    guard place >= 0, place <= count, other.count <= count - place else { return false }
    let size = other.count
    return withUnsafeBytes { own in
      other.withUnsafeBytes { other in
        guard let own = own.baseAddress, let other = other.baseAddress else { return true }
        return memcmp(own + place, other, size) == 0
      }
    }
  }
}

extension ArraySlice<UInt8> {
  /// True if there is nothing but zeros, at the speed of memory.
  public var isZero: Bool {
    withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, bytes.count > 0 else { return true }
      // Each byte is the one before it, and the first is zero.
      return bytes[0] == 0 && memcmp(start, start + 1, bytes.count - 1) == 0
    }
  }
}
