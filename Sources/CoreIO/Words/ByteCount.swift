/// A number of bytes in words, with units of 1,000: `31.2 GB`.
public struct ByteCount: Hashable, Sendable, CustomStringConvertible {
  /// The number itself.
  public let bytes: UInt64

  /// Any number.
  public init(_ bytes: UInt64) { self.bytes = bytes }

  /// `1 byte`, `999 bytes`, `31.2 GB`; rounded down.
  public var description: String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    guard bytes >= 1000 else { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
    var unit = 1
    var scale: UInt64 = 1000
    while unit + 1 < units.count, bytes / scale >= 1000 {
      scale *= 1000
      unit += 1
    }
    let whole = bytes / scale
    let tenth = bytes % scale / (scale / 10)
    return whole >= 100 ? "\(whole) \(units[unit])" : "\(whole).\(tenth) \(units[unit])"
  }
}
