/// A PT_LOAD for `CoreBuilder`.
public struct BuilderSegment: Hashable, Sendable {
  public static let execute: UInt32 = 1
  public static let write: UInt32 = 2
  public static let read: UInt32 = 4

  public var address: UInt64
  public var flags: UInt32
  /// Its bytes; nil if the kernel chose not to dump it.
  public var bytes: [UInt8]?
  public var memorySize: UInt64

  public init(at address: UInt64, flags: UInt32 = read | write, _ bytes: [UInt8]) {
    self.address = address
    self.flags = flags
    self.bytes = bytes
    memorySize = UInt64(bytes.count)
  }

  /// A segment that was mapped and not dumped.
  public init(undumpedAt address: UInt64, flags: UInt32 = read | execute, size: UInt64) {
    self.address = address
    self.flags = flags
    memorySize = size
  }
}
