public import ArchiveFormat

/// How an archive is written. What is in it is decided by `RepairOptions`.
public struct ArchiveOptions: Hashable, Sendable {
  /// A word that a user keeps with an archive.
  public struct Label: Hashable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// 1 and 2 are fast, 3 to 12 are LZ4HC: slower to write, as quick to read.
  public var level = 1
  public var blockSize = ArchiveBlockSize.mib4
  /// Whether each LZ4 frame also ends in a checksum of its contents.
  public var contentChecksum = false
  public var labels: [Label] = []
  /// How many threads compress; nil for as many as there are cores. It changes no byte of the archive.
  public var threads: Int?
  /// Whether an output that exists is replaced.
  public var force = false

  public init() {}
}
